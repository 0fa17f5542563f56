def iterate(a, n):
    for i in range(n):
        if a < 20.0:
            a = a * a
        else:
            a = np.sin(a) * i
    return a


# --- its derivative -------------------------------------------------------------------------------

def diterateda(a, n, ba=1.0):
    a_stack = []
    for i in range(n):
        a_stack.append(a)
        if a < 20.0:
            a = a * a
        else:
            a = np.sin(a) * i

    for i in reversed(range(n)):
        a = a_stack.pop()
        if a < 20.0:
            # Grad of: a = a * a
            ba = ba * (2.0 * a)
        else:
            # Grad of: a = np.sin(a) * i
            ba = ba * i * np.cos(a)
    return ba
