"""A perceptron with one hidden layer learns a circle.

Open this file in an editor with the Tangent extension and click `∂ derivative` above `loss`,
or run ``tangent show examples/mlp.py::loss --wrt w1,b1``.
"""

import numpy as np

import tangent


def loss(w1, b1, w2, b2, x, label):
    h = np.tanh(np.dot(x, w1) + b1)
    out = np.dot(h, w2) + b2
    return np.mean((out - label) ** 2)


dloss = tangent.grad(loss, wrt=("w1", "b1", "w2", "b2"))


def main():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1.0, 1.0, size=(256, 2))
    label = (np.sum(x**2, axis=1, keepdims=True) < 0.5).astype(float)
    w1, b1 = rng.normal(size=(2, 16)), np.zeros(16)
    w2, b2 = 0.2 * rng.normal(size=(16, 1)), np.zeros(1)

    for step in range(1001):
        if step % 250 == 0:
            print(f"step {step:4}: loss {loss(w1, b1, w2, b2, x, label):.4f}")
        bw1, bb1, bw2, bb2 = dloss(w1, b1, w2, b2, x, label)
        w1, b1 = w1 - 0.3 * bw1, b1 - 0.3 * bb1
        w2, b2 = w2 - 0.3 * bw2, b2 - 0.3 * bb2

    inside = np.dot(np.tanh(np.dot(x, w1) + b1), w2) + b2 > 0.5
    print(f"{np.mean(inside == label):.0%} of the points are on the right side")


if __name__ == "__main__":
    main()
