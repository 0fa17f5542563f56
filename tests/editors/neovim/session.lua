-- One session of Neovim's own LSP client, without any plugin, against the real server:
--
--     nvim --headless --clean -n -l session.lua '{"server": [...], "folder": ..., "derivative": ...}'
--
-- Prints one JSON object for each step; test_neovim.py turns them into tests.

local arguments = vim.json.decode(_G.arg[1])
local TIMEOUT = 15000
local client, source, derivative

local function open(name)
  vim.cmd.edit(vim.fn.fnameescape(arguments.folder .. '/' .. name))
  vim.bo.filetype = 'python'
  local buffer = vim.api.nvim_get_current_buf()
  client = vim.lsp.get_client_by_id(assert(vim.lsp.start({
    name = 'tangent',
    cmd = arguments.server,
    root_dir = arguments.folder,
  }, { bufnr = buffer })))
  return buffer
end

--- Wait until `check` gives something, and return that.
local function eventually(what, check)
  local result
  local ok = vim.wait(TIMEOUT, function()
    result = check()
    return result
  end, 50)
  assert(ok, what .. ': not within ' .. TIMEOUT .. ' ms')
  return result
end

local function lines(buffer)
  return vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
end

local function text(buffer)
  return table.concat(lines(buffer), '\n')
end

--- The 0-based number of the first line that contains `part`.
local function find(buffer, part)
  for number, line in ipairs(lines(buffer)) do
    if line:find(part, 1, true) then
      return number - 1
    end
  end
  error('no line with ' .. part .. ' in\n' .. text(buffer))
end

local function replace(buffer, part, replacement)
  local number = find(buffer, part)
  vim.api.nvim_buf_set_lines(buffer, number, number + 1, false, { replacement })
end

local function request(method, params)
  local answer = assert(client:request_sync(method, params, TIMEOUT, source))
  assert(not answer.err, vim.inspect(answer.err))
  return answer.result
end

local function at(part)
  local number = find(source, part)
  local place = { line = number, character = #lines(source)[number + 1]:match('^%s*') }
  return {
    textDocument = vim.lsp.util.make_text_document_params(source),
    position = place,
    range = { start = place, ['end'] = place },
    context = { diagnostics = {} },
  }
end

local function lenses()
  return vim.lsp.codelens.get(source)
end

local HIDDEN = 'h = np.tanh(np.dot(x, w1) + b1)'

local steps = {
  {
    'the server starts and attaches',
    function()
      source = open('mlp.py')
      eventually('initialize', function()
        return client.initialized and vim.lsp.buf_is_attached(source, client.id)
      end)
    end,
  },
  {
    'hover shows the adjoint of a line',
    function()
      local hover = request('textDocument/hover', at(HIDDEN))
      assert(hover and hover.contents.value:find('bw1', 1, true), vim.inspect(hover))
    end,
  },
  {
    'lenses stand at functions and lines',
    function()
      vim.lsp.codelens.refresh({ bufnr = source })
      eventually('lenses', function()
        return #lenses() > 0
      end)
      local titles = {}
      for _, lens in ipairs(lenses()) do
        titles[lens.range.start.line] = lens.command.title
      end
      assert(titles[find(source, 'def loss')] == '∂ derivative', vim.inspect(titles))
      assert(titles[find(source, HIDDEN)]:find('→ ', 1, true) == 1, vim.inspect(titles))
    end,
  },
  {
    'running the lens opens the derivative',
    function()
      vim.api.nvim_win_set_cursor(0, { find(source, 'def loss') + 1, 0 })
      vim.lsp.codelens.run()
      derivative = eventually('the derivative', function()
        for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
          if vim.api.nvim_buf_get_name(buffer):match('%.grad%.py$') then
            return vim.api.nvim_buf_is_loaded(buffer) and buffer
          end
        end
      end)
      local seen = lines(derivative)
      assert(seen[2] == '# up to date', seen[2])
      local rest = table.concat(vim.list_slice(seen, 3), '\n')
      assert(vim.trim(rest) == vim.trim(arguments.derivative), rest)
    end,
  },
  {
    'an edit makes the derivative anew',
    function()
      replace(source, HIDDEN, '    h = np.sin(np.dot(x, w1) + b1)')
      eventually('the cosine', function()
        vim.cmd.checktime()
        return text(derivative):find('np.cos(', 1, true)
      end)
    end,
  },
  {
    'a syntax error leaves the last good derivative, marked stale',
    function()
      replace(source, 'out = ', '    out = np.dot(h, w2) +')
      eventually('the stale header', function()
        vim.cmd.checktime()
        return lines(derivative)[2]:match('^# stale')
      end)
      assert(text(derivative):find('np.cos(', 1, true), text(derivative))
      replace(source, 'out = ', '    out = np.dot(h, w2) + b2')
      eventually('the header', function()
        vim.cmd.checktime()
        return lines(derivative)[2] == '# up to date'
      end)
    end,
  },
  {
    'a code action inserts insert_grad_of',
    function()
      for _, action in ipairs(request('textDocument/codeAction', at('out = ')) or {}) do
        if action.kind == 'refactor.rewrite.tangent.insertGrad.print' then
          if not action.edit then
            action = request('codeAction/resolve', action)
          end
          vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
          break
        end
      end
      assert(text(source):find('insert_grad_of(out) as dout:', 1, true), text(source))
    end,
  },
  {
    'what cannot be differentiated has a diagnostic',
    function()
      local buffer = open('unsupported.py')
      local found = eventually('the diagnostic', function()
        return vim.diagnostic.get(buffer)[1]
      end)
      assert(found.lnum == find(buffer, 'np.piecewise'), vim.inspect(found))
      assert(found.source == 'tangent', vim.inspect(found))
    end,
  },
  {
    'the server stops when asked',
    function()
      client:stop()
      eventually('the end', function()
        return client:is_stopped() and #vim.lsp.get_clients() == 0
      end)
    end,
  },
}

for _, step in ipairs(steps) do
  local name, run = step[1], step[2]
  local ok, problem = xpcall(run, debug.traceback)
  io.stdout:write(vim.json.encode({ name = name, error = not ok and problem or nil }), '\n')
  io.stdout:flush()
  if not ok then
    os.exit(1)
  end
end
os.exit(0)
