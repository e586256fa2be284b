import { ApiProperty } from '@nestjs/swagger';
import type { Package } from './package.entity.js';

/** Documents the form of an upload. */
export class PackageUpload {
  @ApiProperty({ type: String, format: 'binary', description: 'A tar.gz with a file `manifest` at its top.' })
  file!: string;
}

/** An agent package. */
export class PackageResponse {
  @ApiProperty({ example: 1 })
  id!: number;

  @ApiProperty({ example: 'nodeman-agent' })
  name!: string;

  @ApiProperty({ example: '1.0.0' })
  version!: string;

  @ApiProperty({ example: 'linux' })
  os!: string;

  @ApiProperty({ example: 'x86_64', description: 'As `uname -m` says it; `any` for all.' })
  arch!: string;

  @ApiProperty({ example: 'nodeman-agent-1.0.0-linux-x86_64.tgz' })
  file_name!: string;

  @ApiProperty({ example: '/download/nodeman-agent-1.0.0-linux-x86_64.tgz' })
  download_path!: string;

  @ApiProperty({ example: 12_345, description: 'Bytes.' })
  size!: number;

  @ApiProperty({ example: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' })
  sha256!: string;

  @ApiProperty({ example: 'admin', description: 'Name of the user, or `(built in)`.' })
  uploaded_by!: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-31T08:00:00.000Z' })
  created_time!: string;

  static from({ id, name, version, os, arch, ...rest }: Package): PackageResponse {
    return {
      id,
      name,
      version,
      os,
      arch,
      file_name: rest.fileName,
      download_path: `/download/${rest.fileName}`,
      size: Number(rest.sizeBytes),
      sha256: rest.sha256,
      uploaded_by: rest.uploadedBy,
      created_time: rest.createdAt.toISOString(),
    };
  }
}
