import os
import subprocess
import sys

import pytest

from core import stderr


def no_chatter(line):
    return b"chatter" in line


def test_unwanted_lines_are_dropped_and_the_others_follow_in_order(capfd):
    with stderr.dropping(no_chatter):
        os.write(2, b"first\nsome chatter\nsecond\nlast without end")
    assert capfd.readouterr().err == "first\nsecond\nlast without end"


def test_standard_output_can_be_rid_of_lines_alike(capfd):
    with stderr.dropping(no_chatter, descriptor=1):
        os.write(1, b"chatter\nfirst\n")
        os.write(2, b"chatter, which is no business of this\n")
    assert capfd.readouterr() == ("first\n", "chatter, which is no business of this\n")


def test_what_was_wanted_follows_after_an_error_too(capfd):
    def fails():
        with stderr.dropping(no_chatter):
            os.write(2, b"chatter\nwhy\n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert capfd.readouterr().err == "why\n"


def test_one_block_may_stand_in_another(capfd):
    with stderr.dropping(no_chatter):
        with stderr.dropping(lambda line: b"inner" in line):
            os.write(2, b"inner\nkept\nchatter\n")
        os.write(2, b"also kept\n")
    assert capfd.readouterr().err == "kept\nalso kept\n"


def test_more_than_a_pipe_holds_stops_nobody(capfd):
    with stderr.dropping(no_chatter):
        for _ in range(100):
            try:
                os.write(2, b"x" * 4095 + b"\n")
            except BlockingIOError:
                break
    assert capfd.readouterr().err.startswith("x" * 4095 + "\n")


def test_a_block_leaves_no_file_descriptor_behind():
    before = os.dup(2)
    os.close(before)
    with stderr.dropping(no_chatter):
        pass
    after = os.dup(2)
    os.close(after)
    assert before == after


def test_a_process_with_standard_error_closed_goes_on():
    program = """
import os
os.close(2)
from core import stderr
with stderr.dropping(bool):
    print("done")
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "done\n"
