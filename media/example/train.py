"""Trains a small neural network, with the standard library alone: three intertwined spirals, told apart by an MLP.

    python train.py                       about 75 seconds
    python train.py --epochs 5 --pace 0   as fast as it goes

Tracked live in VS Code (run it from the XTrack view, or in any terminal): params, train and validation curves, progress,
checkpoints. It stops cleanly, writes a checkpoint on request, takes a new learning rate while it runs, and resumes from a
checkpoint.
"""

import argparse
import json
import math
import os
import random
import time

from xtrack import Tracker

CLASSES = 3
HIDDEN = 24


def parse_arguments():
    env = os.environ.get
    parser = argparse.ArgumentParser(description="Train an MLP on three spirals.")
    parser.add_argument("--epochs", type=int, default=int(env("EPOCHS", "40")))
    parser.add_argument("--lr", type=float, default=float(env("LR", "0.05")))
    parser.add_argument("--momentum", type=float, default=float(env("MOMENTUM", "0.9")))
    parser.add_argument("--batch-size", type=int, default=int(env("BATCH_SIZE", "24")))
    parser.add_argument("--seed", type=int, default=int(env("SEED", "7")))
    parser.add_argument("--pace", type=float, default=float(env("PACE", "0.06")), help="seconds a step takes at least")
    parser.add_argument("--out", default=env("OUT", "out"), help="folder for checkpoints and the model")
    return parser.parse_args()


# ---------------------------------------------------------------- data and model


def make_spirals(count, rng):
    """`count` points a class, as ((x, y), class)."""
    points = []
    for label in range(CLASSES):
        for i in range(count):
            radius = 0.1 + 0.9 * i / count
            angle = label * 2 * math.pi / CLASSES + 5.5 * radius + rng.gauss(0, 0.2)
            points.append(((radius * math.cos(angle), radius * math.sin(angle)), label))
    rng.shuffle(points)
    return points


def make_model(rng):
    def layer(inputs, outputs):
        scale = math.sqrt(2.0 / inputs)
        return [[rng.gauss(0, scale) for _ in range(inputs)] + [0.0] for _ in range(outputs)]

    return {"layers": [layer(2, HIDDEN), layer(HIDDEN, HIDDEN), layer(HIDDEN, CLASSES)]}


def zeros_like(layers):
    return [[[0.0] * len(row) for row in layer] for layer in layers]


def forward(layers, point):
    """Activations of every layer; the last are class probabilities."""
    activations = [list(point)]
    for depth, layer in enumerate(layers):
        inputs = activations[-1]
        sums = [row[-1] + sum(w * x for w, x in zip(row, inputs)) for row in layer]
        if depth < len(layers) - 1:
            activations.append([math.tanh(s) for s in sums])
        else:
            top = max(sums)
            exps = [math.exp(s - top) for s in sums]
            total = sum(exps)
            activations.append([e / total for e in exps])
    return activations


def backward(layers, activations, label, gradients):
    """Adds the gradient of the cross entropy of one point."""
    delta = [p - (1.0 if i == label else 0.0) for i, p in enumerate(activations[-1])]
    for depth in range(len(layers) - 1, -1, -1):
        layer, inputs, gradient = layers[depth], activations[depth], gradients[depth]
        for row, d in zip(gradient, delta):
            for i, x in enumerate(inputs):
                row[i] += d * x
            row[-1] += d
        if depth > 0:
            back = [sum(row[i] * d for row, d in zip(layer, delta)) for i in range(len(inputs))]
            delta = [b * (1 - x * x) for b, x in zip(back, inputs)]


def train_step(model, velocity, batch, lr, momentum):
    """One step of SGD with momentum; returns loss, accuracy and the gradient's norm."""
    layers = model["layers"]
    gradients = zeros_like(layers)
    loss = hits = 0.0
    for point, label in batch:
        activations = forward(layers, point)
        probabilities = activations[-1]
        loss -= math.log(max(probabilities[label], 1e-12))
        hits += probabilities[label] == max(probabilities)
        backward(layers, activations, label, gradients)
    norm = 0.0
    for layer, gradient, speed in zip(layers, gradients, velocity):
        for row, grads, speeds in zip(layer, gradient, speed):
            for i, g in enumerate(grads):
                g /= len(batch)
                norm += g * g
                speeds[i] = momentum * speeds[i] - lr * g
                row[i] += speeds[i]
    return loss / len(batch), hits / len(batch), math.sqrt(norm)


def evaluate(model, points):
    loss = hits = 0.0
    for point, label in points:
        probabilities = forward(model["layers"], point)[-1]
        loss -= math.log(max(probabilities[label], 1e-12))
        hits += probabilities[label] == max(probabilities)
    return loss / len(points), hits / len(points)


# ---------------------------------------------------------------- checkpoints


def save_checkpoint(path, model, velocity, state, rng):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    content = {"model": model, "velocity": velocity, "state": state, "rng": rng.getstate()}
    with open(path + ".tmp", "w") as target:
        json.dump(content, target)
    os.replace(path + ".tmp", path)


def load_checkpoint(path, rng):
    with open(path) as source:
        content = json.load(source)
    version, internal, gauss = content["rng"]
    rng.setstate((version, tuple(internal), gauss))
    return content["model"], content["velocity"], content["state"]


# ---------------------------------------------------------------- training


class Wishes:
    """What the user asked for from the editor; the training loop looks between two steps."""

    def __init__(self, run, state):
        self.stop = False
        self.checkpoint = False
        run.on_command("stop", lambda payload: setattr(self, "stop", True))
        run.on_command("checkpoint_now", lambda payload: setattr(self, "checkpoint", True))
        run.on_command("adjust_lr", lambda payload: state.update(lr=float(payload["lr"])))


def train(arguments, run):
    data_rng, rng = random.Random(arguments.seed), random.Random(arguments.seed + 1)
    points = make_spirals(300, data_rng)
    validation, training = points[:200], points[200:]
    model = make_model(rng)
    velocity = zeros_like(model["layers"])
    state = {"epoch": 0, "step": 0, "lr": arguments.lr, "best": 0.0}
    folder = os.path.join(arguments.out, run.run_id)

    resume = os.environ.get("XTRACK_RESUME_CHECKPOINT")
    if resume:
        model, velocity, state = load_checkpoint(resume, rng)
        run.log("Resumed from checkpoint", checkpoint=resume, epoch=state["epoch"], step=state["step"])

    run.log_params(
        {
            "model": {"kind": "mlp", "hidden": HIDDEN, "layers": len(model["layers"])},
            "optimizer": {"kind": "sgd", "lr": arguments.lr, "momentum": arguments.momentum},
            "batch_size": arguments.batch_size,
            "epochs": arguments.epochs,
            "seed": arguments.seed,
        }
    )
    wishes = Wishes(run, state)

    def checkpoint(is_best=False, metrics=None):
        path = os.path.join(folder, "step-%05d.json" % state["step"])
        save_checkpoint(path, model, velocity, state, rng)
        run.log_checkpoint(
            path, step=state["step"], epoch=state["epoch"], metrics=metrics, is_best=is_best, best_metric_key="val/acc"
        )

    steps = len(training) // arguments.batch_size
    while state["epoch"] < arguments.epochs:
        epoch = state["epoch"] + 1
        run.set_status("training", "Epoch %d" % epoch, progress=(epoch - 1, arguments.epochs, "epochs"))
        rng.shuffle(training)
        for number in range(steps):
            began = time.monotonic()
            batch = training[number * arguments.batch_size : (number + 1) * arguments.batch_size]
            # A gentle decay, so that the curves settle.
            lr = state["lr"] / (1 + 0.02 * (epoch - 1))
            loss, accuracy, norm = train_step(model, velocity, batch, lr, arguments.momentum)
            state["step"] += 1
            run.log_metrics(
                {"train/loss": loss, "train/acc": accuracy, "optim/lr": lr, "optim/grad_norm": norm},
                step=state["step"],
                epoch=epoch,
            )
            if wishes.checkpoint or wishes.stop:
                wishes.checkpoint = False
                checkpoint()
            if wishes.stop:
                run.log("Stopped as asked", step=state["step"])
                print("stopped at step %d" % state["step"])
                run.end("killed")
                return
            time.sleep(max(0.0, arguments.pace - (time.monotonic() - began)))
        state["epoch"] = epoch
        run.set_status("evaluating", progress=(epoch, arguments.epochs, "epochs"))
        val_loss, val_acc = evaluate(model, validation)
        run.log_metrics({"val/loss": val_loss, "val/acc": val_acc}, step=state["step"], epoch=epoch)
        is_best = val_acc > state["best"]
        state["best"] = max(state["best"], val_acc)
        print("epoch %d/%d  val loss %.4f  val acc %.3f" % (epoch, arguments.epochs, val_loss, val_acc))
        if is_best or epoch % 5 == 0 or epoch == arguments.epochs:
            checkpoint(is_best, {"val/loss": val_loss, "val/acc": val_acc})

    path = os.path.join(folder, "model.json")
    os.makedirs(folder, exist_ok=True)
    with open(path, "w") as target:
        json.dump(model, target)
    run.log_artifact(path, artifact_type="model", name="spiral-mlp")


def main():
    arguments = parse_arguments()
    with Tracker.start_run(name="spirals", run_id=os.environ.get("XTRACK_RESUME_RUN_ID"), tags={"example": "stdlib"}) as run:
        train(arguments, run)


if __name__ == "__main__":
    main()
