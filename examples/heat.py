"""Heat in a rod, computed in place, and the conductivity that explains a measurement.

The derivative of code that overwrites its arrays: ``tangent show examples/heat.py::misfit``.
"""

import numpy as np

import tangent


def misfit(k, u, measured, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum((u - measured) ** 2)


dmisfit = tangent.grad(misfit)


def main():
    start = np.zeros(41)
    start[15:26] = 1.0
    measured = start.copy()
    for _ in range(100):
        measured[1:-1] += 0.2 * (measured[2:] - 2.0 * measured[1:-1] + measured[:-2])

    k = 0.05
    for step in range(31):
        if step % 10 == 0:
            print(f"step {step:2}: k = {k:.5f}, misfit {misfit(k, start, measured, 100):.2e}")
        k -= 0.01 * dmisfit(k, start, measured, 100)
    print("the measurement was made with k = 0.2")


if __name__ == "__main__":
    main()
