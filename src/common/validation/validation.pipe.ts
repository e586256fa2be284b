import { ValidationPipe } from '@nestjs/common';
import { getMetadataStorage, type ValidationError } from 'class-validator';
import { type MessageTree, ValidateError } from '../errors/app-error.js';
import { Text } from '../i18n/text.js';
import { CONSTRAINT_TEXTS, FALLBACK_TEXT } from './constraint-texts.js';

/** Checks every DTO at the edge. Unknown fields are dropped, since clients append some of their own. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidUnknownValues: false,
    // The texts need what a decorator was called with, which is found by the object's class; nothing of it is answered.
    validationError: { target: true, value: false },
    exceptionFactory: (errors) => new ValidateError(messagesOf(errors)),
  });
}

/** `{"field": ["text", …]}`, nested as the fields are. */
export function messagesOf(errors: readonly ValidationError[]): MessageTree {
  return Object.fromEntries(
    errors.map((error) => [error.property, error.children?.length ? messagesOf(error.children) : textsOf(error)]),
  );
}

/** What has to hold before anything else can. */
const FIRST_OF_ALL = ['isDefined', 'isInt', 'isNumber', 'isString', 'isBoolean', 'isArray', 'isObject'];

function textsOf(error: ValidationError): Text[] {
  const broken = Object.keys(error.constraints ?? {});
  // Of a text that is no number it need not be said that it is too small, and too large as well.
  const first = FIRST_OF_ALL.find((name) => broken.includes(name));
  return (first ? [first] : broken).map((name) => {
    const own = (error.contexts?.[name] as { text?: Text } | undefined)?.text;
    return own ?? CONSTRAINT_TEXTS[name]?.(...argumentsOf(error, name)) ?? FALLBACK_TEXT;
  });
}

/** What the decorator was called with, such as the 64 of `@MaxLength(64)`. */
function argumentsOf(error: ValidationError, name: string): unknown[] {
  const target = (error as { target?: object }).target?.constructor;
  if (!target) return [];
  const metadata = getMetadataStorage()
    .getTargetValidationMetadatas(target, '', false, false)
    .find((candidate) => candidate.propertyName === error.property && candidate.name === name);
  return (metadata?.constraints as unknown[] | undefined) ?? [];
}
