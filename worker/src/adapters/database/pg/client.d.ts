/** The driver's one class, without its pool and its command line's password files. */
declare module 'pg/lib/client' {
  import { Client, type ClientConfig } from 'pg'
  type Options = ClientConfig & { pipeline: boolean }
  export default class extends Client {
    constructor(options: Options)
  }
}
