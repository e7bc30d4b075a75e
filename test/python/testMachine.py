"""What the supervisor samples of the machine while a script runs."""

import os
import unittest

from support import ScriptTest, wait_for
from xtrack.supervisor.traffic import counters

RUN = ("-m", "xtrack", "run", "--run-id", "busy")
#: nvidia-smi as it answers `-l`: a line for each GPU, again and again, until it is killed.
NVIDIA_SMI = """\
#!/usr/bin/env python3
import os, sys, time
open("asked", "a").write("%d %s\\n" % (os.getpid(), " ".join(sys.argv[1:])))
while "-l" in sys.argv:
    print("0, 37, 1024, 61, 212.50\\n1, [N/A], 512, 40, [N/A]", flush=True)
    time.sleep(0.2)
"""


class SampledMachine(ScriptTest):
    def sample(self, text, env=None):
        process = self.start(self.write(text), module=RUN, env=env)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        events = [event for event in self.events("busy", "sup-*") if event["t"] == "metric_batch"]
        return [event["m"]["ts"] / 1e6 for event in events], [event["p"]["metrics"] for event in events]

    def with_nvidia_smi(self):
        tools = os.path.join(self.dir, "tools")
        os.mkdir(tools)
        smi = os.path.join(tools, "nvidia-smi")
        with open(smi, "w") as target:
            target.write(NVIDIA_SMI)
        os.chmod(smi, 0o700)
        return tools + os.pathsep + self.env["PATH"]

    def test_the_machine_is_sampled_once_a_second_with_all_processes_of_the_script(self):
        text = """
            import os, subprocess, sys, time
            burn = "import time; end = time.monotonic() + 4.4\\nwhile time.monotonic() < end: pass"
            child = subprocess.Popen([sys.executable, "-c", burn])
            # Enough that it cannot be rounded away, whoever else uses the disk.
            with open("data", "wb") as data:
                for _ in range(8): data.write(os.urandom(1 << 20)); data.flush(); os.fsync(data.fileno()); time.sleep(0.4)
            child.wait()
        """
        times, batches = self.sample(text)
        self.assertGreaterEqual(len(batches), 2)
        pauses = [later - earlier for earlier, later in zip(times, times[1:])]
        # A machine that is busy with others is sampled less often.
        self.assertLess(min(pauses), 3, pauses)
        reported = set(counters())
        names = ("cpu", "memory", "disk", "process_cpu", "process_rss", *reported)
        for values in batches:
            for name in names:
                self.assertGreaterEqual(values["system/" + name], 0, name)
            self.assertLessEqual(max(values["system/" + name] for name in ("cpu", "memory", "disk")), 100)
            self.assertNotIn("system/gpu0_util", values)
        self.assertGreater(max(values["system/process_cpu"] for values in batches), 5)
        self.assertGreater(max(values["system/process_rss"] for values in batches), 10)
        if "disk_write" in reported:
            self.assertGreater(sum(values["system/disk_write"] for values in batches), 1)

    def test_the_gpus_that_the_script_may_use_by_one_nvidia_smi(self):
        path = self.with_nvidia_smi()
        _, batches = self.sample("import time; time.sleep(2.5)", env={"PATH": path, "CUDA_VISIBLE_DEVICES": "0, 1"})
        last = batches[-1]
        self.assertEqual([last["system/gpu0_" + name] for name in ("util", "mem", "temp", "power")], [37, 1024, 61, 212.5])
        self.assertEqual((last["system/gpu1_mem"], "system/gpu1_util" in last, "system/gpu1_power" in last), (512, False, False))
        with open(os.path.join(self.work, "asked")) as asked:
            # Others ask once for what hardware there is.
            following = [line.split() for line in asked if " -l 1" in line]
        self.assertEqual([words[1:3] for words in following], [["-i", "0,1"]])
        wait_for(lambda: not os.path.exists("/proc/" + following[0][0]), what="the end of nvidia-smi")

    def test_a_script_that_uses_no_gpu_asks_none(self):
        path = self.with_nvidia_smi()
        _, batches = self.sample("import time; time.sleep(1.5)", env={"PATH": path, "CUDA_VISIBLE_DEVICES": ""})
        self.assertNotIn("system/gpu0_util", batches[-1])


if __name__ == "__main__":
    unittest.main()
