def misfit(k, u, measured, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum((u - measured) ** 2)


# --- its derivative -------------------------------------------------------------------------------

from tangent import unbroadcast, zeros_like


def dmisfitdk(k, u, measured, steps, bresult=1.0):
    total_stack = []
    u = u.copy()
    for _ in range(steps):
        total = u[2:] - 2.0 * u[1:-1] + u[:-2]
        total_stack.append(total)
        u[1:-1] += k * total
    diff = u - measured

    # Grad of: return np.sum((u - measured) ** 2)
    bu = unbroadcast(bresult * (2 * diff), u)
    bk = zeros_like(k)
    for _ in range(steps):
        total = total_stack.pop()
        # Grad of: u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        bu_item = bu[1:-1].copy()
        btotal = bu_item * k
        bk += unbroadcast(bu_item * total, k)
        bu[2:] += btotal
        bu[1:-1] -= btotal * 2.0
        bu[:-2] += btotal
    return bk
