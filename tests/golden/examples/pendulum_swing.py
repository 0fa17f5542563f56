def swing(theta, omega, steps):
    for _ in range(steps):
        omega = omega - 0.01 * math.sin(theta)
        theta = theta + 0.01 * omega
    return theta


# --- its derivative -------------------------------------------------------------------------------

from tangent import check_tangent_seed, expand, zeros_like


def dswingdtheta(theta, omega, steps, dtheta=1.0):
    dtheta = check_tangent_seed(dtheta, theta)
    domega = zeros_like(omega)
    for _ in range(steps):
        omega = omega - 0.01 * math.sin(theta)
        domega = expand(domega - dtheta * math.cos(theta) * 0.01, omega)
        dtheta = dtheta + domega * 0.01
        theta = theta + 0.01 * omega
    return dtheta
