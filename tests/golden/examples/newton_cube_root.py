def cube_root(a):
    x = a
    while abs(x * x * x - a) > 1e-12 * a:
        x = (2.0 * x + a / (x * x)) / 3.0
    return x


# --- its derivative -------------------------------------------------------------------------------

from tangent import check_seed, zeros_like


def dcube_rootda(a, bx=1.0):
    ratio_stack = []
    prod_stack = []
    x_stack = []
    x = a
    steps = 0
    while abs(x * x * x - a) > 1e-12 * a:
        x_stack.append(x)
        prod = x * x
        prod_stack.append(prod)
        ratio = a / prod
        ratio_stack.append(ratio)
        x = (2.0 * x + ratio) / 3.0
        steps += 1

    bx = check_seed(bx, x)
    ba = zeros_like(a)
    for _ in range(steps):
        ratio = ratio_stack.pop()
        prod = prod_stack.pop()
        x = x_stack.pop()
        # Grad of: x = (2.0 * x + a / (x * x)) / 3.0
        btotal = bx / 3.0
        bprod = -btotal * ratio / prod
        ba += btotal / prod
        bx = btotal * 2.0 + bprod * x + bprod * x
    # Grad of: x = a
    ba += bx
    return ba
