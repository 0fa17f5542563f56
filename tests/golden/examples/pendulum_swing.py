def swing(theta: float, omega: float, steps: int):
    for _ in range(steps):
        omega = omega - 0.01 * math.sin(theta)
        theta = theta + 0.01 * omega
    return theta


# --- its derivative -------------------------------------------------------------------------------

from tangent import check_numbers


def dswingdtheta(theta: float, omega: float, steps: int, dtheta=1.0):
    check_numbers(theta, omega)
    domega = 0.0
    for _ in range(steps):
        domega = domega - dtheta * math.cos(theta) * 0.01
        omega = omega - 0.01 * math.sin(theta)
        dtheta = dtheta + domega * 0.01
        theta = theta + 0.01 * omega
    return dtheta
