def cube_root(a):
    x = a
    while abs(x * x * x - a) > 1e-12 * a:
        x = (2.0 * x + a / (x * x)) / 3.0
    return x


# --- its derivative -------------------------------------------------------------------------------

from tangent import zeros_like


def dcube_rootda(a, bx=1.0):
    x_stack = []
    x = a
    steps = 0
    while abs(x * x * x - a) > 1e-12 * a:
        x_stack.append(x)
        x = (2.0 * x + a / (x * x)) / 3.0
        steps += 1

    ba = zeros_like(a)
    for _ in range(steps):
        x = x_stack.pop()
        prod = x * x
        ratio = a / prod
        # Grad of: x = (2.0 * x + a / (x * x)) / 3.0
        btotal = bx / 3.0
        bprod = -btotal * ratio / prod
        ba += btotal / prod
        bx = btotal * 2.0 + bprod * (2.0 * x)
    # Grad of: x = a
    ba += bx
    return ba
