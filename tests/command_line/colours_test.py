"""What a terminal gets and a pipe does not."""

import os
import pty
import select

from kit import BADGATE, GOOD, PATIENCE, WRONG, CommandLine


class Colours(CommandLine):
    def on_terminal(self, *args, **env):
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(BADGATE, [BADGATE, *args], {**self.env, **env})
        out = b""
        while select.select([fd], [], [], PATIENCE)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:
                break
            if not data:
                break
            out += data
        os.close(fd)
        os.waitpid(pid, 0)
        return out.decode()

    def test_pipes_get_none(self):
        self.file("wrong.toml", WRONG)
        done = self.badgate("run", "wrong.toml", code=1)
        self.assertNotRegex(done.stdout + done.stderr, r"[\x1b\r]")

    def test_terminal(self):
        self.file("all/wrong.toml", WRONG)
        self.file("all/good.toml", GOOD)
        out = self.on_terminal("run", "all")
        self.assertIn("\x1b[31mFAILED \x1b[0m", out)
        self.assertIn("\x1b[32mok     \x1b[0m", out)
        self.assertIn("1 of 3 …", out)
        self.assertIn("\r\x1b[K", out)
        # Nothing of the progress line stays.
        self.assertRegex(out, r"(?s)of 3 …(\x1b\[0m)?\r\x1b\[K[^…]*$")

    def test_no_color(self):
        self.file("wrong.toml", WRONG)
        self.assertNotIn("\x1b[3", self.on_terminal("run", "wrong.toml", NO_COLOR="1"))
        self.assertIn("\x1b[3", self.on_terminal("run", "wrong.toml", NO_COLOR=""))
        self.assertNotIn("\x1b", self.on_terminal("run", "wrong.toml", TERM="dumb"))
