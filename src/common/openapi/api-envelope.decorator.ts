import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ERROR_STATUS, type ErrorCode } from '../errors/error-code.js';

interface EnvelopeOptions {
  description?: string;
  /** The refusals of this route beyond those that every route has. */
  errors?: readonly ErrorCode[];
}

/** Refusals that any route may answer with; FORM_VALIDATE_ERROR when a path or a body cannot be read. */
const COMMON_ERRORS: readonly ErrorCode[] = ['FORM_VALIDATE_ERROR', 'UNAUTHORIZED', 'SERVER_500_ERROR', 'FATAL_ERROR'];

type Model = Type<unknown>;
type SchemaObject = Record<string, unknown>;

/** OpenAPI 3.0 has no type of its own for null. */
const NULL_SCHEMA: SchemaObject = { type: 'object', nullable: true, enum: [null] };

/** Documents the enveloped success of a route, whose `data` is a `Model`, a list of them, or null; and its refusals. */
export function ApiEnvelope(data: Model | [Model] | null, { description, errors = [] }: EnvelopeOptions = {}) {
  const model = Array.isArray(data) ? data[0] : data;
  return applyDecorators(
    ...(model ? [ApiExtraModels(model)] : []),
    ApiResponse({ status: 200, description: description ?? 'OK', schema: successSchema(data) }),
    ApiRefusals(errors),
  );
}

/** Documents the refusals alone, for routes whose success has no envelope. */
export function ApiRefusals(errors: readonly ErrorCode[] = []) {
  return applyDecorators(...refusals([...new Set([...errors, ...COMMON_ERRORS])]));
}

function successSchema(data: Model | [Model] | null): SchemaObject {
  return {
    type: 'object',
    required: ['result', 'code', 'message', 'data'],
    properties: {
      result: { type: 'boolean', enum: [true] },
      code: { type: 'string', enum: ['OK'] },
      message: { type: 'string', enum: ['success'] },
      data: dataSchema(data),
    },
  };
}

function dataSchema(data: Model | [Model] | null): SchemaObject {
  if (data === null) return NULL_SCHEMA;
  if (Array.isArray(data)) return { type: 'array', items: { $ref: getSchemaPath(data[0]) } };
  return { $ref: getSchemaPath(data) };
}

/** One documented response a status: several codes may share one. */
function refusals(codes: readonly ErrorCode[]): MethodDecorator[] {
  const statuses = new Set(codes.map((code) => ERROR_STATUS[code]));
  return [...statuses].map((status) => {
    const shared = codes.filter((code) => ERROR_STATUS[code] === status);
    return ApiResponse({ status, description: shared.join(', '), schema: refusalSchema(shared) });
  });
}

function refusalSchema(codes: readonly ErrorCode[]): SchemaObject {
  return {
    type: 'object',
    required: ['result', 'code', 'message', 'messages', 'data'],
    properties: {
      result: { type: 'boolean', enum: [false] },
      code: { type: 'string', enum: [...codes] },
      message: { type: 'string', description: 'For people, in the language of Accept-Language.' },
      messages: {
        description: 'What is wrong with which field.',
        oneOf: [{ type: 'object' }, { type: 'array', items: {} }],
      },
      data: NULL_SCHEMA,
    },
  };
}
