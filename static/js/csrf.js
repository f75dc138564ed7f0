/** The token that proves a request comes from our own page: signing in changes it, so it is read when it is needed. */

export const csrf = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
