"""A recurrent network whose gradient is clipped at every step, by a line in its loop.

`insert_grad_of` puts its block into the backward pass, where the adjoint of `h` is known. See
where it lands: ``tangent show examples/rnn.py::loss --wrt w,u``.
"""

import numpy as np

import tangent
from tangent import insert_grad_of


@tangent.tangent
def loss(w, u, v, xs, target):
    h = np.zeros(w.shape[0])
    for t in range(len(xs)):
        with insert_grad_of(h) as g:
            g = np.clip(g, -1.0, 1.0)
        h = np.tanh(np.dot(w, h) + np.dot(u, xs[t]))
    return np.sum((np.dot(v, h) - target) ** 2)


dloss = tangent.grad(loss, wrt=("w", "u", "v"))


def main():
    """Learn to add up a sequence."""
    rng = np.random.default_rng(1)
    w, u, v = 0.4 * rng.normal(size=(8, 8)), rng.normal(size=(8, 1)), 0.3 * rng.normal(size=(1, 8))
    average = 0.0
    for step in range(2001):
        xs = rng.uniform(-0.3, 0.3, size=(6, 1))
        target = np.sum(xs, axis=0)
        value = loss(w, u, v, xs, target)
        average = value if step == 0 else 0.98 * average + 0.02 * value
        if step % 500 == 0:
            print(f"step {step:4}: squared error {average:.4f}")
        bw, bu, bv = dloss(w, u, v, xs, target)
        w, u, v = w - 0.03 * bw, u - 0.03 * bu, v - 0.03 * bv


if __name__ == "__main__":
    main()
