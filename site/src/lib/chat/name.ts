import { plain } from '$lib/markdown/plain'
import * as m from '$messages'

/** What a conversation is called where it is shown: first words may be Markdown, and before them there are none. */
export const nameOf = ({ title }: { title: string }): string => plain(title) || m.newChat()
