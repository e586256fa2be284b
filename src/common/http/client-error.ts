import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { refusalOf } from '../envelope/refusal.js';
import { FormValidateError } from '../errors/app-error.js';
import { type Locale, Text } from '../i18n/text.js';

/** Answers what is no readable HTTP, or has too large a head, with the envelope too; no handler ever sees such a request. */
export function answerClientErrors(server: Server, locale: Locale): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const isTooLarge = error.code === 'HPE_HEADER_OVERFLOW';
    const refusal = new FormValidateError(
      isTooLarge
        ? new Text('请求地址或请求头过长', 'The address or the headers of the request are too long')
        : new Text('请求不是合法的 HTTP', 'The request is not valid HTTP'),
    );
    const body = JSON.stringify(refusalOf(refusal, locale));
    const status = isTooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request';
    socket.end(
      `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
}
