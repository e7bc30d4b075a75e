"""The same training as train.py, in PyTorch: three intertwined spirals, told apart by an MLP.

    python train_torch.py --epochs 60
"""

import argparse
import os
import time

import torch
from torch import nn

from xtrack import PyTorchCallback, Tracker

CLASSES = 3


def parse_arguments():
    env = os.environ.get
    parser = argparse.ArgumentParser(description="Train an MLP on three spirals with PyTorch.")
    parser.add_argument("--epochs", type=int, default=int(env("EPOCHS", "60")))
    parser.add_argument("--lr", type=float, default=float(env("LR", "0.01")))
    parser.add_argument("--batch-size", type=int, default=int(env("BATCH_SIZE", "64")))
    parser.add_argument("--seed", type=int, default=int(env("SEED", "7")))
    parser.add_argument("--pace", type=float, default=float(env("PACE", "0.05")), help="seconds a step takes at least")
    parser.add_argument("--out", default=env("OUT", "out"), help="folder for checkpoints and the model")
    return parser.parse_args()


def make_spirals(count):
    """Points and classes."""
    label = torch.arange(CLASSES).repeat_interleave(count)
    radius = (0.1 + 0.9 * torch.arange(count) / count).repeat(CLASSES)
    angle = label * 2 * torch.pi / CLASSES + 5.5 * radius + 0.2 * torch.randn(CLASSES * count)
    points = torch.stack((radius * angle.cos(), radius * angle.sin()), dim=1)
    order = torch.randperm(len(points))
    return points[order], label[order]


def train(arguments, run):
    torch.manual_seed(arguments.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    points, labels = (part.to(device) for part in make_spirals(300))
    split = len(points) // 4
    model = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, CLASSES)).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=arguments.lr)
    loss_of = nn.CrossEntropyLoss()
    epoch, step, best = 0, 0, 0.0
    folder = os.path.join(arguments.out, run.run_id)

    resume = os.environ.get("XTRACK_RESUME_CHECKPOINT")
    if resume:
        saved = torch.load(resume, map_location=device)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        epoch, step, best = saved["epoch"], saved["step"], saved["best"]
        run.log("Resumed from checkpoint", checkpoint=resume, epoch=epoch, step=step)

    run.log_params({**vars(arguments), "device": device, "optimizer": "adamw", "torch": torch.__version__})
    wishes = {"stop": False, "checkpoint": False}
    run.on_command("stop", lambda payload: wishes.update(stop=True))
    run.on_command("checkpoint_now", lambda payload: wishes.update(checkpoint=True))

    def adjust_lr(payload):
        for group in optimizer.param_groups:
            group["lr"] = float(payload["lr"])

    run.on_command("adjust_lr", adjust_lr)
    callback = PyTorchCallback(run, log_every_n_steps=1)

    def checkpoint(metrics, is_best=False):
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "step-%05d.pt" % step)
        content = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch, "step": step, "best": best}
        torch.save(content, path)
        callback.on_checkpoint(path, metrics, is_best=is_best, best_metric="val/acc", step=step)

    while epoch < arguments.epochs:
        callback.on_epoch_start(epoch + 1, arguments.epochs)
        model.train()
        order = split + torch.randperm(len(points) - split, device=device)
        for batch in order.split(arguments.batch_size):
            began = time.monotonic()
            output = model(points[batch])
            loss = loss_of(output, labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            accuracy = (output.argmax(1) == labels[batch]).float().mean()
            callback.on_step_end(step, {"train/loss": loss, "train/acc": accuracy, "optim/lr": optimizer.param_groups[0]["lr"]})
            if wishes["stop"] or wishes["checkpoint"]:
                wishes["checkpoint"] = False
                checkpoint({})
            if wishes["stop"]:
                run.end("killed")
                return
            time.sleep(max(0.0, arguments.pace - (time.monotonic() - began)))
        epoch += 1
        model.eval()
        with torch.no_grad():
            output = model(points[:split])
            metrics = {
                "val/loss": loss_of(output, labels[:split]).item(),
                "val/acc": (output.argmax(1) == labels[:split]).float().mean().item(),
            }
        run.log_metrics(metrics, step=step, epoch=epoch)
        print("epoch %d/%d  val loss %.4f  val acc %.3f" % (epoch, arguments.epochs, metrics["val/loss"], metrics["val/acc"]))
        is_best = metrics["val/acc"] > best
        best = max(best, metrics["val/acc"])
        if is_best or epoch % 5 == 0 or epoch == arguments.epochs:
            checkpoint(metrics, is_best)

    path = os.path.join(folder, "model.pt")
    os.makedirs(folder, exist_ok=True)
    torch.save(model.state_dict(), path)
    run.log_artifact(path, artifact_type="model", name="spiral-mlp")


def main():
    arguments = parse_arguments()
    with Tracker.start_run(name="spirals-torch", run_id=os.environ.get("XTRACK_RESUME_RUN_ID"), tags={"example": "torch"}) as run:
        train(arguments, run)


if __name__ == "__main__":
    main()
