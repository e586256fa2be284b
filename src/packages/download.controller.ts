import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Public } from '../auth/public.decorator.js';
import { RawResponse } from '../common/envelope/raw-response.decorator.js';
import { ApiEnvelope } from '../common/openapi/api-envelope.decorator.js';
import { PackageDownloads } from './package-downloads.js';

const BINARY = { 'application/gzip': { schema: { type: 'string', format: 'binary' } } } as const;

/**
 * Where targets fetch packages, directly or through an nginx that caches. Outside of the prefix `/api`, and open: a package is no
 * secret.
 */
@ApiTags('packages')
@Public()
@RawResponse()
@Controller('download')
export class DownloadController {
  constructor(private readonly downloads: PackageDownloads) {}

  @Get(':file')
  @ApiOperation({ summary: 'Download a package; ranges and If-None-Match are honoured' })
  @ApiParam({ name: 'file', example: 'nodeman-agent-1.0.0-linux-x86_64.tgz' })
  @ApiHeader({ name: 'Range', required: false, description: 'One range of bytes, such as `bytes=0-1023`.' })
  @ApiResponse({ status: 200, description: 'The file; `ETag`, `X-Checksum-Sha256`: its SHA-256.', content: BINARY })
  @ApiResponse({ status: 206, description: 'The range that was asked for.', content: BINARY })
  @ApiResponse({ status: 304, description: 'The file is the one of If-None-Match.' })
  @ApiResponse({ status: 416, description: 'The range lies behind the end of the file.' })
  @ApiEnvelope(null, { errors: ['OBJECT_NOT_EXIST'] })
  async download(@Param('file') file: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    await this.downloads.answer(file, request, response);
  }
}
