def misfit(k, u, measured, steps):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum((u - measured) ** 2)


# --- its derivative -------------------------------------------------------------------------------

from tangent import snapshot, unbroadcast, zeros_like


def dmisfitdk(k, u, measured, steps, bresult=1.0):
    total_stack = []
    u_item_stack = []
    u_item_1_stack = []
    u_item_2_stack = []
    u = u.copy()
    for _ in range(steps):
        u_item = snapshot(u[2:])
        u_item_stack.append(u_item)
        u_item_1 = snapshot(u[1:-1])
        u_item_1_stack.append(u_item_1)
        u_item_2 = snapshot(u[:-2])
        u_item_2_stack.append(u_item_2)
        total = u_item - 2.0 * u_item_1 + u_item_2
        total_stack.append(total)
        u[1:-1] += k * total
    diff = u - measured

    # Grad of: return np.sum((u - measured) ** 2)
    bu = unbroadcast(bresult * (2 * diff), u)
    bu = snapshot(bu)
    bk = zeros_like(k)
    for _ in reversed(range(steps)):
        total = total_stack.pop()
        u_item = u_item_stack.pop()
        u_item_1 = u_item_1_stack.pop()
        u_item_2 = u_item_2_stack.pop()
        # Grad of: u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        bu_item = bu[1:-1].copy()
        btotal = bu_item * k
        bk += unbroadcast(bu_item * total, k)
        bu[2:] += unbroadcast(btotal, u_item)
        bu[1:-1] += unbroadcast(-btotal * 2.0, u_item_1)
        bu[:-2] += unbroadcast(btotal, u_item_2)
    return bk
