"""How the end of a swing depends on its start: forward mode carries a tangent along.

``tangent show examples/pendulum.py::swing --mode forward``
"""

import math

import tangent


def swing(theta: float, omega: float, steps: int):
    for _ in range(steps):
        omega = omega - 0.01 * math.sin(theta)
        theta = theta + 0.01 * omega
    return theta


dswing = tangent.autodiff(swing, wrt="theta", mode="forward")


def main():
    theta = 1.0
    for steps in (0, 200, 400, 600):
        end = swing(theta, 0.0, steps)
        slope = dswing(theta, 0.0, steps, dtheta=1.0)
        print(f"after {steps:3} steps: angle {end:+.4f}, d angle / d start {slope:+.4f}")


if __name__ == "__main__":
    main()
