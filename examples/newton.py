"""The derivative of an iteration that runs until it is done.

Newton's method for the cube root; the derivative runs the same number of steps backward.
``tangent show examples/newton.py::cube_root``
"""

import tangent


def cube_root(a):
    x = a
    while abs(x * x * x - a) > 1e-12 * a:
        x = (2.0 * x + a / (x * x)) / 3.0
    return x


dcube_root = tangent.grad(cube_root)


def main():
    for a in (1.0, 8.0, 27.0):
        exact = 1.0 / (3.0 * cube_root(a) ** 2)
        print(f"a = {a:4}: root {cube_root(a):.6f}, slope {dcube_root(a):.6f}, exact {exact:.6f}")


if __name__ == "__main__":
    main()
