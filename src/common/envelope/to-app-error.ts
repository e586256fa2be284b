import { HttpException } from '@nestjs/common';
import { isConnectionError, isUnstorableText } from '../db/postgres-errors.js';
import {
  AppError,
  FatalError,
  FormValidateError,
  ObjectNotExistError,
  PermissionDeniedError,
  TooManyRequestsError,
  UnauthorizedError,
} from '../errors/app-error.js';
import { Text } from '../i18n/text.js';

/** A bug on our side, told without stack or SQL. */
export class UnexpectedError extends AppError {
  readonly code = 'SERVER_500_ERROR';
  constructor(requestId: string) {
    super(
      new Text(
        `服务器内部错误，请将请求 ID ${requestId} 提供给管理员`,
        `Something went wrong on our side; give request id ${requestId} to an administrator`,
      ),
    );
  }
}

/** Express's and body-parser's own errors say in `type` and `status` what is wrong with a request. */
interface HttpLibraryError extends Error {
  status: number;
  type?: string;
}

/** Whatever was thrown as the refusal that the caller is to see. */
export function toAppError(error: unknown, requestId: string): AppError {
  if (error instanceof AppError) return error;
  if (isConnectionError(error)) {
    return new FatalError(new Text('数据库暂不可用，请稍后重试', 'The database is not available; try again later'));
  }
  if (isUnstorableText(error)) {
    return new FormValidateError(new Text('请求中含有空字符 (NUL)', 'The request has a text with a NUL in it'));
  }
  if (error instanceof HttpException)
    return fromStatus(error.getStatus(), error.message) ?? new UnexpectedError(requestId);
  if (isHttpLibraryError(error)) return fromLibrary(error) ?? new UnexpectedError(requestId);
  return new UnexpectedError(requestId);
}

function isHttpLibraryError(error: unknown): error is HttpLibraryError {
  return error instanceof Error && typeof (error as Partial<HttpLibraryError>).status === 'number';
}

function fromLibrary(error: HttpLibraryError): AppError | null {
  if (error.type === 'entity.too.large') {
    return new FormValidateError(new Text('请求体过大', 'The request body is too large'));
  }
  if (error.type === 'entity.parse.failed') {
    return new FormValidateError(new Text('请求体不是合法的 JSON', 'The request body is not valid JSON'));
  }
  return fromStatus(error.status, 'the request could not be read');
}

function fromStatus(status: number, detail: string): AppError | null {
  if (status === 401) return new UnauthorizedError();
  if (status === 403) return new PermissionDeniedError();
  if (status === 404) return new ObjectNotExistError(new Text('请求的地址不存在', 'There is nothing at this address'));
  if (status === 429) return new TooManyRequestsError(60);
  if (status >= 400 && status < 500) {
    return new FormValidateError(new Text(`请求无法读取：${detail}`, `The request could not be read: ${detail}`));
  }
  return null;
}
