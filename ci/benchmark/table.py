"""The figures as people read them."""

MIB = 1 << 20


class Bytes(float):
    def __str__(self):
        for unit, size in (("GiB", 1 << 30), ("MiB", MIB), ("KiB", 1024)):
            if self >= size:
                return f"{self / size:.3g} {unit}"
        return f"{self:.0f} B"


class Seconds(float):
    def __str__(self):
        for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
            if self >= size:
                return f"{self / size:.3g} {unit}"
        return f"{self * 1e6:.2g} µs"


def print_row(work, what, badgate, other):
    ratio = f"{badgate / other:.2f}" if isinstance(other, (int, float)) and other else "–"
    if isinstance(badgate, str):
        ratio = "ratio"
    print(f"{work:<57} {what:<28} {badgate!s:>9} {other!s:>9} {ratio:>5}", flush=True)
