import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fanOut } from './fan-out.js';
import { FIELD_TEXTS, MAX_HOSTS } from './task-texts.js';

const complaintsOf = (elements: unknown[]) =>
  fanOut(elements)!.map(({ complaints }) => Object.fromEntries(complaints.entries()));

describe('fanOut', () => {
  it('makes a row for each address, with the other fields copied', () => {
    const rows = fanOut([{ inner_ips: '10.0.0.1, 10.0.0.2;\r\n10.0.0.3\n\n', account: 'root', port: '2222' }])!;
    expect(rows.map(({ sentIp, address }) => [sentIp, address])).toEqual([
      ['10.0.0.1', '10.0.0.1'],
      ['10.0.0.2', '10.0.0.2'],
      ['10.0.0.3', '10.0.0.3'],
    ]);
    for (const { fields } of rows) expect(fields).toMatchObject({ account: 'root', port: 2222, password: null });
  });

  it('keeps what was sent for the answer, and the canonical address for itself', () => {
    const [row] = fanOut([{ inner_ips: 'FD00:0::1' }])!;
    expect(row).toMatchObject({ sentIp: 'FD00:0::1', address: 'fd00::1' });
  });

  it('takes the later spellings, of which the documented one wins unless it is empty', () => {
    const rows = fanOut([
      { conn_ips: '10.0.0.1', cascade_ip: '20.0.0.1' },
      { inner_ips: '10.0.0.2', conn_ips: '10.0.0.9', outer_ip: '20.0.0.2', cascade_ip: '20.0.0.9' },
      { inner_ips: '', conn_ips: '10.0.0.3', outer_ip: null, cascade_ip: '20.0.0.3' },
    ])!;
    expect(rows.map(({ sentIp, fields }) => [sentIp, fields.outerIp])).toEqual([
      ['10.0.0.1', '20.0.0.1'],
      ['10.0.0.2', '20.0.0.2'],
      ['10.0.0.3', '20.0.0.3'],
    ]);
  });

  it('complains of each duplicate, over elements too', () => {
    const duplicate = { inner_ip: [FIELD_TEXTS.duplicate] };
    expect(complaintsOf([{ inner_ips: 'fd00::1,10.0.0.1,10.0.0.1' }, { inner_ips: 'fd00:0::1' }])).toEqual([
      {},
      {},
      duplicate,
      duplicate,
    ]);
  });

  it('gives complaints of an element to each of its rows', () => {
    const wrong = { port: [FIELD_TEXTS.port] };
    expect(complaintsOf([{ inner_ips: '10.0.0.1,x', port: 0 }])).toEqual([
      wrong,
      { ...wrong, inner_ip: [FIELD_TEXTS.address] },
    ]);
  });

  it('leaves elements without addresses one row that says so', () => {
    expect(complaintsOf([{}, { inner_ips: 7 }, 'text', null, []])).toEqual([
      { inner_ip: [FIELD_TEXTS.required] },
      { inner_ip: [FIELD_TEXTS.notText] },
      { non_field_errors: [FIELD_TEXTS.notAnObject] },
      { non_field_errors: [FIELD_TEXTS.notAnObject] },
      { non_field_errors: [FIELD_TEXTS.notAnObject] },
    ]);
  });

  it('is null beyond the most hosts, however they are spread', () => {
    const ips = Array.from({ length: MAX_HOSTS }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    expect(fanOut([{ inner_ips: ips.join(',') }])).toHaveLength(MAX_HOSTS);
    expect(fanOut([{ inner_ips: ips.join(',') }, {}])).toBeNull();
    expect(fanOut(Array.from({ length: MAX_HOSTS + 1 }, () => null))).toBeNull();
  });

  it('gives every row an address or a complaint, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.jsonValue(), fc.record({ inner_ips: fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()) }))),
        (elements) => {
          for (const { address, complaints } of fanOut(elements)!) expect(address === null).toBe(!complaints.isEmpty);
        },
      ),
    );
  });
});
