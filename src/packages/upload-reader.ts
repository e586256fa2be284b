import type { Readable } from 'node:stream';
import busboy from 'busboy';
import type { Request } from 'express';
import { FormValidateError, ValidateError } from '../common/errors/app-error.js';
import { Text } from '../common/i18n/text.js';

/** The field that holds the file. */
export const FILE_FIELD = 'file';

/** Where the bytes of an upload go. */
export interface UploadTarget<T> {
  receive(content: Readable): Promise<T>;
  /** Undoes what was received, when the request as a whole turns out to be bad. */
  discard(received: T): Promise<void>;
}

/**
 * Hands the file of a `multipart/form-data` request to `target` as it comes, and answers with what that makes of it. Whatever is
 * left of a request that failed is read and thrown away, so that the client gets to see the refusal.
 * @throws FormValidateError when the body is no such form, or breaks off
 * @throws ValidateError when it has no file
 */
export async function readUpload<T>(request: Request, target: UploadTarget<T>): Promise<T> {
  const form = openForm(request);
  let received: Promise<T> | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      form.on('file', (field, content) => {
        if (field !== FILE_FIELD || received) return content.resume();
        received = target.receive(content);
        received.catch(reject);
      });
      form.on('error', () => reject(brokenOff()));
      form.on('close', () => void (received ?? Promise.reject(noFile())).then(resolve, reject));
      request.once('close', () => request.complete || form.destroy(brokenOff()));
      request.pipe(form);
    });
  } catch (error) {
    request.unpipe(form);
    form.destroy();
    request.resume();
    await received?.then(
      (file) => target.discard(file),
      () => undefined,
    );
    throw error;
  }
}

function openForm(request: Request) {
  // Other kinds of body have been read already: waiting for them would never end.
  if (!request.is('multipart/form-data')) throw notMultipart();
  try {
    return busboy({ headers: request.headers, limits: { fields: 20, fieldSize: 64 * 1024, parts: 40 } });
  } catch {
    throw notMultipart();
  }
}

function notMultipart(): FormValidateError {
  return new FormValidateError(new Text('请以 multipart/form-data 上传文件', 'Upload the file as multipart/form-data'));
}

function brokenOff(): FormValidateError {
  return new FormValidateError(new Text('上传内容不完整或无法解析', 'The upload is not whole, or cannot be read'));
}

function noFile(): ValidateError {
  return ValidateError.of(FILE_FIELD, new Text('请选择要上传的文件', 'Give a file'));
}
