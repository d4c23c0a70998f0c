/** The part of fengari (a Lua VM in JavaScript, without types of its own) that `lua.ts` uses. */
declare module 'fengari' {
  export type State = { readonly lua: unique symbol }
  type Bytes = Uint8Array

  export const to_luastring: (text: string) => Bytes
  export const lua: {
    readonly LUA_OK: number
    readonly LUA_TNIL: number
    readonly LUA_TBOOLEAN: number
    readonly LUA_TNUMBER: number
    readonly LUA_TSTRING: number
    readonly LUA_TTABLE: number
    lua_createtable: (state: State, items: number, fields: number) => void
    lua_error: (state: State) => number
    lua_getfield: (state: State, at: number, name: Bytes) => number
    lua_gettop: (state: State) => number
    lua_pcall: (state: State, args: number, results: number, handler: number) => number
    lua_pop: (state: State, count: number) => void
    lua_pushboolean: (state: State, value: boolean) => void
    lua_pushjsfunction: (state: State, call: (state: State) => number) => void
    lua_pushlstring: (state: State, bytes: Bytes, length: number) => void
    lua_pushnumber: (state: State, value: number) => void
    lua_pushvalue: (state: State, at: number) => void
    lua_rawgeti: (state: State, at: number, index: number) => number
    lua_rawseti: (state: State, at: number, index: number) => void
    lua_setfield: (state: State, at: number, name: Bytes) => void
    lua_setglobal: (state: State, name: Bytes) => void
    lua_settop: (state: State, top: number) => void
    lua_toboolean: (state: State, at: number) => boolean
    lua_tonumber: (state: State, at: number) => number
    lua_tostring: (state: State, at: number) => Bytes
    lua_type: (state: State, at: number) => number
  }
  export const lauxlib: {
    luaL_dostring: (state: State, source: Bytes) => boolean
    luaL_loadbuffer: (state: State, source: Bytes, length: number, name: Bytes) => number
    luaL_newstate: () => State
    luaL_requiref: (state: State, name: Bytes, open: (state: State) => number, global: number) => void
  }
  export const lualib: Record<
    'luaopen_base' | 'luaopen_math' | 'luaopen_string' | 'luaopen_table',
    (state: State) => number
  >
}
