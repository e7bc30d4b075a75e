"""What is read from the lines that scripts print, without the script's help."""

import time
import unittest

import support  # noqa: F401
from xtrack.printed.line import read_line
from xtrack.printed.printed import Printed


def read(text, size=None):
    """(metrics, step, epoch, phase) of all points, however the bytes are split; and the progress at the end."""
    data = text if isinstance(text, bytes) else text.encode()
    printed = Printed()
    for start in range(0, len(data), size or len(data) or 1):
        printed.feed(data[start : start + (size or len(data))])
    printed.finish()
    return [tuple(point) for point in printed.take()], printed.progress


class Lines(unittest.TestCase):
    def assert_line(self, text, metrics, **place):
        line = read_line(text)
        self.assertIsNotNone(line, text)
        self.assertEqual(line.metrics, metrics, text)
        for name in ("epoch", "epochs", "step", "steps", "phase"):
            self.assertEqual(getattr(line, name), place.get(name), "%s of %r" % (name, text))

    def test_what_frameworks_and_tutorials_print(self):
        self.assert_line("loss=0.123", {"loss": 0.123})
        self.assert_line("epoch 3/10 val_acc: 0.91", {"val_acc": 0.91}, epoch=3, epochs=10)
        self.assert_line("Epoch 1/10, Step [100/600], Loss: 0.5", {"loss": 0.5}, epoch=1, epochs=10, step=100, steps=600)
        self.assert_line("Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.3", {"loss": 2.3}, epoch=1, step=640, steps=60000, phase="train")
        self.assert_line("Test set: Average loss: 0.05, Accuracy: 9841/10000 (98%)", {"loss": 0.05, "accuracy": 0.9841}, phase="test")
        self.assert_line("iter 10: loss 3.2441, time 100.00ms, mfu 2.50%", {"loss": 3.2441, "mfu": 2.5}, step=10)
        self.assert_line("step 0: train loss 4.28, val loss 4.27", {"train_loss": 4.28, "val_loss": 4.27}, step=0)
        self.assert_line("epoch 001 | loss 10.2 | nll_loss 9.5 | lr 1e-05", {"loss": 10.2, "nll_loss": 9.5, "lr": 1e-05}, epoch=1)
        self.assert_line("Train: 0 [   5/100 (  5%)]  Loss: 6.9 (6.8)  Time: 0.5s", {"loss": 6.9}, epoch=0, step=5, steps=100, phase="train")
        self.assert_line("[10]\tvalidation_0-rmse:0.123", {"validation_0-rmse": 0.123}, step=10)
        self.assert_line("[10]\tvalid_0's l2: 0.24", {"valid_0_l2": 0.24}, step=10)
        self.assert_line("0:\tlearn: 0.69\ttotal: 50ms\tremaining: 5s", {"learn": 0.69}, step=0)
        line = "Epoch: [0][  10/5005]\tTime  0.2 ( 0.5)\tLoss 7.0e+00 (7.1e+00)\tAcc@1   0.00 (  0.1)"
        self.assert_line(line, {"loss": 7.0, "acc@1": 0.0}, epoch=0, step=10, steps=5005)
        self.assert_line("| epoch   1 |   200/ 2983 batches | lr 5.00 | ms/batch 30.2 | loss  7.26", {"lr": 5.0, "loss": 7.26}, epoch=1, step=200, steps=2983)
        self.assert_line("[1/25][3/391]\tLoss_D: 1.8 Loss_G: 4.5", {"loss_d": 1.8, "loss_g": 4.5}, epoch=1, epochs=25, step=3, steps=391)
        self.assert_line(" 10/938 [====>....] - ETA: 2s - loss: 0.3 - accuracy: 0.9", {"loss": 0.3, "accuracy": 0.9}, step=10, steps=938)
        self.assert_line("Epoch [ 2/ 5] train_loss: 0.5 | time: 3.2", {"train_loss": 0.5}, epoch=2, epochs=5)
        self.assert_line("2024-01-01 12:00:00,123 - INFO - epoch 1 loss 0.5 acc=0.9", {"loss": 0.5, "acc": 0.9}, epoch=1)
        self.assert_line("Episode 10\tLast reward: 35.00\tAverage reward: 12.34", {"last_reward": 35.0, "reward": 12.34}, step=10)
        self.assert_line("[ 3/10] acc 0.5", {"acc": 0.5}, step=3, steps=10)
        self.assert_line("step 1,200 loss 0.5", {"loss": 0.5}, step=1200)
        self.assert_line("[rank0]: step 5 loss=0.2", {"loss": 0.2}, step=5)

    def test_lines_of_json_and_of_dicts(self):
        self.assert_line("{'loss': 0.5, 'learning_rate': 1e-5, 'epoch': 0.02}", {"loss": 0.5, "learning_rate": 1e-5}, epoch=0.02)
        self.assert_line('{"step": 5, "loss": 0.5, "lr": 0.1, "time": 12.5, "val": {"acc": 0.5}}', {"loss": 0.5, "lr": 0.1, "val/acc": 0.5}, step=5)
        self.assert_line('{"split": "val", "epoch": 2, "loss": 0.5}', {"loss": 0.5}, epoch=2, phase="val")
        line = read_line("{'loss': nan, 'grad_norm': inf, 'epoch': 1.0}")
        self.assertNotEqual(line.metrics["loss"], line.metrics["loss"])
        self.assertEqual(line.metrics["grad_norm"], float("inf"))

    def test_numbers_that_are_not_metrics_are_left_out(self):
        for text in (
            "lr=0.01 batch_size=64 seed=42",
            "Namespace(lr=0.1, epochs=10)",
            '{"lr": 0.1, "batch_size": 32}',
            "torch version: 2.1.0 cuda: 12.1",
            "Saved epoch=3-step=100-val_loss=0.12.ckpt",
            "Dropout(p=0.1, inplace=False)",
            "BatchNorm2d(64, eps=1e-05, momentum=0.1)",
            "[rank1]: step 5 loss=0.2",
            "loss_weight=0.5 target_acc=0.9",
            "http://localhost:8080 acc",
            '  File "train.py", line 12, in loss: 3',
            "Number of parameters: 12345",
            "x" * 3000 + " loss=1",
            "",
        ):
            self.assertIsNone(read_line(text), text)
        for text in ("Epoch 2 finished in 12.5s", "epoch 3 seed=1 time: 3.2 version=2 shape: 3 batch_size=32 num_workers: 4"):
            self.assertEqual(read_line(text).metrics, {}, text)

    def test_no_line_takes_long(self):
        brackets = ("epoch [", "1/", "[1/", "((1", "/1", "━", "1%|", "epoch num")
        for evil in (*brackets, "a ", "a-1", "x=1,", "loss ", "a:1", "1 ", "a b 1 ", "loss: ", "'a'", "-", "e1.", ".1e", "1,111"):
            for text in (evil * (1990 // len(evil)) + "1", "loss=1 " + evil * (1900 // len(evil))):
                started = time.perf_counter()
                read(text + "\n")
                self.assertLess(time.perf_counter() - started, 0.5, text[:30])


class Output(unittest.TestCase):
    def test_steps_that_start_again_in_each_epoch_are_counted_through(self):
        text = "".join("Epoch %d/3, Step [%d/200], Loss: 0.%d\n" % (epoch, step, epoch) for epoch in (1, 2, 3) for step in (100, 200))
        for size in (None, 1, 7):
            points, progress = read(text, size)
            self.assertEqual([point[1] for point in points], [100, 200, 300, 400, 500, 600])
            self.assertEqual((progress.cur, progress.total, progress.unit), (3, 3, "epochs"))
        points, _ = read("".join("epoch %d step %d loss=1\n" % (epoch, step) for epoch in (0, 1) for step in (0, 10, 20)))
        self.assertEqual([point[1] for point in points], [0, 10, 20, 21, 31, 41])

    def test_steps_that_go_on_are_left_as_they_are(self):
        points, _ = read("".join("epoch %d step %d loss=1\n" % (step // 3, step) for step in range(9)))
        self.assertEqual([point[1] for point in points], list(range(9)))

    def test_lines_without_a_step_belong_to_the_last_epoch_named(self):
        points, _ = read("Epoch 1\n-----\nloss: 2.3  [   64/60000]\nTest Error: \n Accuracy: 50.9%, Avg loss: 2.1\n\nEpoch 2\nloss: 1.3  [   64/60000]\n")
        self.assertEqual(
            points,
            [
                ({"loss": 2.3}, 64, 1.0, None),
                ({"accuracy": 50.9, "loss": 2.1}, None, 1.0, "test"),
                ({"loss": 1.3}, 60064, 2.0, None),
            ],
        )

    def test_values_that_come_several_times_an_epoch_are_counted(self):
        points, _ = read("Epoch 1\nloss: 3\nloss: 2\nloss: 1\n")
        self.assertEqual([point[1:3] for point in points], [(None, 1.0), (None, None), (None, None)])

    def test_progress_bars_of_keras(self):
        text = "Epoch 1/2\n" + "".join("\r %d/10 [==..] - ETA: 1s - loss: 0.%d" % (n, n) for n in range(1, 10))
        text += "\r10/10 [====] - 1s 2ms/step - loss: 0.3 - val_loss: 0.2\n"
        points, _ = read(text)
        self.assertEqual(points[-1], ({"loss": 0.3, "val_loss": 0.2}, 10, 1.0, None))

    def test_a_progress_bar_of_tqdm(self):
        states = ["\r%3d%%|███▌      | %d/60 [00:%02d<00:10,  9.98it/s, loss=0.%d, lr=0.1]" % (n * 100 // 60, n, n // 10, n) for n in (0, 10, 30, 59)]
        text = "".join(states) + "\r100%|██████████| 60/60 [00:06<00:00,  9.99it/s, loss=0.01, lr=0.1]\n"
        points, progress = read(text, 50)
        self.assertEqual([point[1] for point in points], [0, 10, 30, 59, 60])
        self.assertEqual(points[-1][0], {"loss": 0.01, "lr": 0.1})
        self.assertEqual((progress.cur, progress.total, progress.unit, progress.message), (60, 60, "steps", "9.99it/s"))
        _, progress = read(text[: text.index("59/60")], 50)
        self.assertEqual(progress.cur, 30)

    def test_nested_progress_bars(self):
        text = "Epochs:  20%|██        | 1/5 [00:01<00:04,  1.00s/it]\n\rtrain:  50%|█████     | 5/10 [00:00<00:00, 10.0it/s, loss=0.5]\x1b[A\r"
        points, progress = read(text.replace("\x1b[A\r", "\x1b[A\n"))
        self.assertEqual((progress.cur, progress.total, progress.unit), (1.5, 5, "epochs"))
        self.assertEqual(points, [({"loss": 0.5}, 15, None, "train")])

    def test_a_bar_for_each_epoch(self):
        text = "".join(
            "\rEpoch %d/4: %3d%%|█| %d/10 [00:00<00:00, 10.0it/s, loss=0.5]%s" % (epoch, n * 10, n, "\n" if n == 10 else "")
            for epoch in (1, 2)
            for n in (0, 5, 10)
        )
        points, progress = read(text + "Validating: 100%|█| 3/3 [00:00<00:00]\n")
        self.assertEqual([point[1:3] for point in points], [(0, 1.0), (5, 1.0), (10, 1.0), (10, 2.0), (15, 2.0), (20, 2.0)])
        self.assertEqual((progress.cur, progress.total, progress.unit), (2, 4, "epochs"))

    def test_scaled_counts_and_bars_without_a_total(self):
        _, progress = read("\r 50%|█████     | 1.50k/3.00k [00:01<00:01, 1.0kB/s]\n")
        self.assertEqual((progress.cur, progress.total, progress.unit), (1500, 3000, "B"))
        _, progress = read("\r120it [00:05, 19.8it/s, loss=0.3]\n")
        self.assertEqual((progress.cur, progress.total), (120, None))

    def test_colours_and_invalid_bytes_are_left_out(self):
        points, _ = read(b"\x1b[32mepoch 1\x1b[0m \xff\xfe loss=\x1b[1m0.5\x1b[0m\n\x80\x81\nepoch 2 loss=0.4")
        self.assertEqual([point[0] for point in points], [{"loss": 0.5}, {"loss": 0.4}])

    def test_a_line_without_an_end_is_dropped_once(self):
        printed = Printed()
        for _ in range(100):
            printed.feed(b"x" * 10_000)
        printed.feed(b" loss=1\nloss=2\n")
        self.assertEqual([point.metrics for point in printed.take()], [{"loss": 2.0}])

    def test_of_what_overwrites_itself_the_last_states_count(self):
        points, _ = read(b"\r".join(b"step %d loss=%d" % (n, n) for n in range(1000)) + b"\n")
        self.assertEqual([point[1] for point in points], [997, 998, 999])


if __name__ == "__main__":
    unittest.main()
