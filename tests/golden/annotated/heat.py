def heat(u: Float[np.ndarray, "n"], k: float, steps: int):
    u = u.copy()
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u ** 2)


# --- its derivative -------------------------------------------------------------------------------

from tangent import expand, snapshot, unbroadcast


def dheatdk(u: Float[np.ndarray, "n"], k: float, steps: int, bresult=1.0):
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

    # Grad of: return np.sum(u ** 2)
    bu = bresult * (2 * u)
    bk = 0.0
    for _ in reversed(range(steps)):
        total = total_stack.pop()
        u_item = u_item_stack.pop()
        u_item_1 = u_item_1_stack.pop()
        u_item_2 = u_item_2_stack.pop()
        # Grad of: u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        bprod = bu[1:-1]
        btotal = bprod * k
        btotal_1 = expand(btotal, total)
        bk += unbroadcast(bprod * total, k)
        bu[2:] += unbroadcast(btotal_1, u_item)
        bu[1:-1] += unbroadcast(-btotal_1 * 2.0, u_item_1)
        bu[:-2] += unbroadcast(btotal_1, u_item_2)
    return bk
