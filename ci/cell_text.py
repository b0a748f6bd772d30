"""What a cell of `badgate matrix` says, as text: "504 1m0.1s", "200 3s, 503"."""

import re

TIME = re.compile(r" (?:\d[\d.]*(?:ms|[hms]))+(?= |,|$)")
UNITS = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}


def seconds(time):
    """Of one such time."""
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ms|[hms])", time))


def without_times(text):
    return TIME.sub("", text)


def whole_time(text):
    """All of its times together, in seconds."""
    return sum(seconds(time) for time in TIME.findall(text))
