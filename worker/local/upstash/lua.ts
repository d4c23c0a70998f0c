import { lauxlib, lua, lualib, to_luastring as name, type State } from 'fengari'
import { printed } from './commands/command.ts'
import { fromBytes, RedisError, type Reply } from './reply.ts'

export type Script = (keys: string[], args: string[]) => Reply

/**
 * Redis scripts are Lua 5.1, where every number is a double; fengari is 5.3 with 32-bit integers. Numbers therefore
 * come in as floats. What still differs: `..` prints a whole float as `3.0`.
 */
const prelude = `
local function float(f) return function(...) local n = f(...) return n and n + 0.0 end end
tonumber, math.floor, math.ceil = float(tonumber), float(math.floor), float(math.ceil)
unpack = table.unpack
dofile, loadfile, print, require = nil`

/** Compiles a script once; `call` runs its `redis.call`s. */
export const compile = (source: string, call: (command: string[]) => Reply): Script => {
  const state = lauxlib.luaL_newstate()
  for (const [library, open] of Object.entries({
    _G: lualib.luaopen_base,
    string: lualib.luaopen_string,
    table: lualib.luaopen_table,
    math: lualib.luaopen_math,
  }))
    lauxlib.luaL_requiref(state, name(library), open, 1)
  lauxlib.luaL_dostring(state, name(prelude))
  addRedis(state, call)
  lua.lua_settop(state, 0)

  // `#!lua flags=…` is Redis 7's way to set options, not Lua.
  const code = fromBytes(source.replace(/^#![^\n]*/, ''))
  if (lauxlib.luaL_loadbuffer(state, code, code.length, name('@user_script')) !== lua.LUA_OK)
    throw new RedisError(`ERR Error compiling script (new function): ${text(state, -1)}`)

  return (keys, args) => {
    try {
      push(state, keys)
      lua.lua_setglobal(state, name('KEYS'))
      push(state, args)
      lua.lua_setglobal(state, name('ARGV'))
      lua.lua_pushvalue(state, 1)
      const failed = lua.lua_pcall(state, 0, 1, 0) !== lua.LUA_OK
      if (failed && lua.lua_type(state, -1) !== lua.LUA_TTABLE)
        throw new RedisError(`ERR Error running script: ${text(state, -1)}`)
      return pull(state, -1)
    } finally {
      lua.lua_settop(state, 1)
    }
  }
}

const addRedis = (state: State, call: (command: string[]) => Reply) => {
  const run = (inner: State) => {
    const command = Array.from({ length: lua.lua_gettop(inner) }, (_, at) => argument(inner, at + 1))
    try {
      push(inner, call(command))
      return true
    } catch (error) {
      if (!(error instanceof RedisError)) throw error
      pushError(inner, error.message)
      return false
    }
  }
  lua.lua_createtable(state, 0, 4)
  const functions: Record<string, (inner: State) => number> = {
    call: (inner) => (run(inner) ? 1 : lua.lua_error(inner)),
    pcall: (inner) => {
      run(inner)
      return 1
    },
    error_reply: (inner) => {
      pushError(inner, text(inner, 1))
      return 1
    },
    status_reply: (inner) => {
      push(inner, { status: text(inner, 1) })
      return 1
    },
  }
  for (const [field, does] of Object.entries(functions)) {
    lua.lua_pushjsfunction(state, does)
    lua.lua_setfield(state, -2, name(field))
  }
  lua.lua_setglobal(state, name('redis'))
}

const text = (state: State, at: number) => Buffer.from(lua.lua_tostring(state, at)).toString('latin1')

const argument = (state: State, at: number) => {
  const type = lua.lua_type(state, at)
  if (type === lua.LUA_TNUMBER) return printed(lua.lua_tonumber(state, at))
  if (type === lua.LUA_TSTRING) return text(state, at)
  throw new RedisError('ERR Lua redis lib command arguments must be strings or integers')
}

const pushText = (state: State, value: string) => lua.lua_pushlstring(state, fromBytes(value), value.length)

const pushField = (state: State, field: string, value: string) => {
  lua.lua_createtable(state, 0, 1)
  pushText(state, value)
  lua.lua_setfield(state, -2, name(field))
}

const pushError = (state: State, message: string) => pushField(state, 'err', message)

/** A reply as a script sees it: null is false, a status a table with `ok`. */
const push = (state: State, reply: Reply) => {
  if (reply === null) lua.lua_pushboolean(state, false)
  else if (typeof reply === 'string') pushText(state, reply)
  else if (typeof reply === 'number') lua.lua_pushnumber(state, reply)
  else if (!Array.isArray(reply)) pushField(state, 'ok', reply.status)
  else {
    lua.lua_createtable(state, reply.length, 0)
    for (const [at, item] of reply.entries()) {
      push(state, item)
      lua.lua_rawseti(state, -2, at + 1)
    }
  }
}

/** What a script returns as a reply: numbers lose their fraction, a list ends at its first nil. */
const pull = (state: State, at: number): Reply => {
  switch (lua.lua_type(state, at)) {
    case lua.LUA_TSTRING:
      return text(state, at)
    case lua.LUA_TNUMBER:
      return Math.trunc(lua.lua_tonumber(state, at))
    case lua.LUA_TBOOLEAN:
      return lua.lua_toboolean(state, at) ? 1 : null
    case lua.LUA_TTABLE:
      return pullTable(state)
    default:
      return null
  }
}

/** The table on top of the stack. */
const pullTable = (state: State): Reply => {
  const field = (key: string) => {
    const found = lua.lua_getfield(state, -1, name(key)) === lua.LUA_TSTRING ? text(state, -1) : undefined
    lua.lua_pop(state, 1)
    return found
  }
  const error = field('err')
  if (error !== undefined) throw new RedisError(error)
  const status = field('ok')
  if (status !== undefined) return { status }

  const items: Reply[] = []
  while (lua.lua_rawgeti(state, -1, items.length + 1) !== lua.LUA_TNIL) {
    items.push(pull(state, -1))
    lua.lua_pop(state, 1)
  }
  lua.lua_pop(state, 1)
  return items
}
