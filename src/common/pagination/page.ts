import type { Type } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { ToInt } from '../validation/transforms.js';

export const MAX_PAGE_SIZE = 500;

/** Which part of a list is wanted. */
export class PageQuery {
  @ApiProperty({ required: false, default: 1, minimum: 1, description: 'Page, from 1. A page past the end is empty.' })
  @IsOptional()
  @ToInt(1)
  @IsInt()
  @Min(1)
  @Max(2_000_000)
  page: number = 1;

  @ApiProperty({ required: false, default: 10, minimum: 1, maximum: MAX_PAGE_SIZE, description: 'Items on a page.' })
  @IsOptional()
  @ToInt(10)
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE_SIZE)
  page_size: number = 10;
}

/** A page of a list as clients see it. */
export interface Page<T> {
  page: number;
  total_page: number;
  count: number;
  next: string | null;
  previous: string | null;
  /** The same as `previous`, by the spelling of older clients. */
  perevious: string | null;
  items: T[];
}

/**
 * @param count of all items, not of this page
 * @param requestUrl path and query of the request, which the links repeat with another `page`
 */
export function pageOf<T>(items: T[], count: number, query: PageQuery, requestUrl: string): Page<T> {
  const { page, page_size } = query;
  const totalPage = Math.ceil(count / page_size);
  const previous = page > 1 ? linkTo(requestUrl, { page: Math.min(page - 1, Math.max(totalPage, 1)) }) : null;
  const next = page < totalPage ? linkTo(requestUrl, { page: page + 1 }) : null;
  return { page, total_page: totalPage, count, next, previous, perevious: previous, items };
}

/** The same request with other query parameters. */
export function linkTo(requestUrl: string, changes: Record<string, string | number>): string {
  const [path, search] = requestUrl.split('?', 2);
  const parameters = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) parameters.set(name, String(value));
  return `${path}?${parameters.toString()}`;
}

/** The class that documents a page of `Item`s. */
export function PageResponse<T>(Item: Type<T>): Type<Page<T>> {
  class PageOfItems implements Page<T> {
    @ApiProperty({ example: 1 }) page!: number;
    @ApiProperty({ example: 1, description: 'Number of pages.' }) total_page!: number;
    @ApiProperty({ example: 1, description: 'Number of items on all pages.' }) count!: number;
    @ApiProperty({ type: String, nullable: true, example: null, description: 'Link to the next page.' }) next!:
      string | null;
    @ApiProperty({ type: String, nullable: true, example: null, description: 'Link to the page before.' })
    previous!: string | null;
    @ApiProperty({ type: String, nullable: true, example: null, description: 'The same as `previous`.' })
    perevious!: string | null;
    @ApiProperty({ type: [Item] }) items!: T[];
  }
  Object.defineProperty(PageOfItems, 'name', { value: `PageOf${Item.name}` });
  return PageOfItems;
}
