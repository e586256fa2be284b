/** What a user's name may be made of; it stands in logs, as the creator of jobs, and in addresses of mail. */
export const USERNAME = /^[\w.@-]{1,64}$/;
