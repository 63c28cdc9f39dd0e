"""node_busy_bench on a real weftd whose devices are CPU engines and whose NVML says what the test wants.

    node_busy_test.py BENCH WEFTD MODULE NVML_FOLDER
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

BENCH, WEFTD, MODULE, NVML_FOLDER = sys.argv[1:5]
BUSY, LOW, TOKENS, ENGINE, MEMORY, TEMPERATURE = (
    "device busy under load through the node", "device busy under load, 10th percentile", "tokens computed through the node",
    "engine busy, by the node's clock", "device memory under load", "device temperature under load")
PROSE = "Who weaves a cloth passes the weft over and under the threads of the warp.\n\n"
DEADLY = "word " * 74  # with the number before it, [CLS] and [SEP] 77 tokens: what no device of the module survives


def run(nvml: str, module: str = MODULE, text: str = PROSE, texts_per_call: int = 4):
    """The exit status, the figures by name, and what was printed."""
    with tempfile.TemporaryDirectory() as scratch:
        texts, figures = pathlib.Path(scratch, "texts"), pathlib.Path(scratch, "figures.json")
        texts.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [BENCH, "--weftd", WEFTD, "--texts", texts, "--seconds", "5", "--warm-up", "2", "--look-every", "0.25",
             "--calls", "4", "--connections", "2", "--texts-per-call", str(texts_per_call), "--json", figures,
             "--set", f"devices.module={module}"],
            env=dict(os.environ, LD_LIBRARY_PATH=NVML_FOLDER, WEFT_BUSY_NVML=nvml), capture_output=True, text=True,
            timeout=300, check=False)
        rows = json.loads(figures.read_text(encoding="utf-8"))["figures"]
        return done.returncode, {row["name"]: row for row in rows}, done.stdout + done.stderr


class NodeBusy(unittest.TestCase):
    """What is said of devices is what their driver said."""

    def check_not_run(self, figures: dict, why: str) -> None:
        """All six, with the reason."""
        self.assertEqual(len(figures), 6)
        for row in figures.values():
            self.assertEqual((row["verdict"], row["value"]), ("not run", None))
            self.assertIn(why, row["note"])

    def test_the_least_busy_device_is_what_counts(self) -> None:
        """Two devices: both are in the note, the lower one is the figure."""
        status, figures, printed = run("0000:00:00.0=93 0000:01:00.0=88")
        self.assertEqual(status, 0, printed)
        self.assertEqual((figures[BUSY]["value"], figures[BUSY]["verdict"]), (0.88, "met"))
        self.assertIn("cuda:0 0.93, cuda:1 0.88", figures[BUSY]["note"])
        self.assertEqual(figures[LOW]["value"], 0.88)
        self.assertGreater(figures[TOKENS]["value"], 0)
        self.assertIn("on 2 device(s)", figures[TOKENS]["note"])
        self.assertGreater(figures[ENGINE]["value"], 0)
        self.assertEqual((figures[MEMORY]["value"], figures[TEMPERATURE]["value"]), (3072, 61))
        self.assertIn(BUSY, printed)

    def test_devices_that_idle_miss_the_target(self) -> None:
        """A figure that is short is no failure of the program."""
        status, figures, printed = run("0000:00:00.0=97 0000:01:00.0=84")
        self.assertEqual(status, 0, printed)
        self.assertEqual((figures[BUSY]["value"], figures[BUSY]["verdict"]), (0.84, "missed"))

    def test_a_node_without_devices_has_no_figure(self) -> None:
        """And says why, in the node's own words."""
        status, figures, printed = run("0000:00:00.0=97", module="off")
        self.assertEqual(status, 0, printed)
        self.check_not_run(figures, 'the node has no device: devices.module is "off"')

    def test_a_device_of_which_nobody_tells_has_no_figure(self) -> None:
        """The other one's would hide it."""
        status, figures, printed = run("0000:00:00.0=97")
        self.assertEqual(status, 0, printed)
        self.check_not_run(figures, "nobody tells how busy cuda:1 is")

    def test_a_device_that_is_lost_is_a_failure(self) -> None:
        """Nothing that was seen before is given as a figure, and the program waits until the node says which it was."""
        status, figures, printed = run("0000:00:00.0=97 0000:01:00.0=97", text=DEADLY, texts_per_call=1)
        self.assertEqual(status, 1, printed)
        self.check_not_run(figures, "was lost under the load")
        self.assertRegex(figures[BUSY]["note"], "^cuda:[01] was lost")  # whichever a text came to first


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
