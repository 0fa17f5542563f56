def pendulum(theta, omega, steps):
    for _ in range(steps):
        omega = omega - 0.01 * np.sin(theta)
        theta = theta + 0.01 * omega
    return theta


# --- its derivative -------------------------------------------------------------------------------

from tangent import zeros_like


def dpendulumdtheta(theta, omega, steps, dtheta=1.0):
    domega = zeros_like(omega)
    for _ in range(steps):
        domega = domega - dtheta * np.cos(theta) * 0.01
        omega = omega - 0.01 * np.sin(theta)
        dtheta = dtheta + domega * 0.01
        theta = theta + 0.01 * omega
    return dtheta
