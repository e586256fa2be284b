import { describe, expect, it } from '@jest/globals';
import { Complaints } from './complaints.js';
import { planHosts } from './host-plan.js';
import type { KnownHost, KnownProxy, TaskFacts } from './known-hosts.js';
import { type HostFields, NO_FIELDS, type TaskRequest } from './task-request.js';
import { applyRules } from './task-rules.js';
import { FIELD_TEXTS, RULE_TEXTS } from './task-texts.js';

const BUSINESS = 1;
const LOGIN = { account: 'root', password: 'secret' };

function aKnownHost(overrides: Partial<KnownHost> = {}): KnownHost {
  return {
    id: 1,
    businessId: BUSINESS,
    nodeType: 'AGENT',
    osType: 'LINUX',
    outerIp: null,
    account: 'root',
    port: 22,
    authType: 'PASSWORD',
    hasCygwin: false,
    agentName: 'nodeman-agent',
    isInstalled: true,
    isCandidate: false,
    isBusy: false,
    storedKind: 'PASSWORD',
    ...overrides,
  };
}

interface Case extends Partial<Omit<TaskRequest, 'rows'>> {
  /** Fields of a row each, at 10.0.0.1 and on. */
  rows?: readonly Partial<HostFields>[];
  /** What is known of the addresses, by their last number. */
  hosts?: Record<number, KnownHost>;
  proxies?: readonly KnownProxy[];
  hasPagents?: boolean;
  doesCloudExist?: boolean;
}

function check({ rows = [LOGIN], hosts = {}, proxies = [], hasPagents = false, doesCloudExist = true, ...task }: Case) {
  const request: TaskRequest = {
    opType: 'INSTALL',
    nodeType: 'AGENT',
    cloudId: 0,
    ignoresInstalledElsewhere: false,
    originJobId: null,
    packageVersion: null,
    ...task,
    rows: rows.map((fields, index) => ({
      sentIp: `10.0.0.${index + 1}`,
      address: `10.0.0.${index + 1}`,
      fields: { ...NO_FIELDS, ...fields },
      complaints: new Complaints(),
    })),
  };
  const known = new Map(Object.entries(hosts).map(([n, host]) => [`10.0.0.${n}`, host]));
  const facts: TaskFacts = { doesCloudExist, hosts: known, proxies, hasPagents };
  const body = applyRules(request, facts, planHosts(BUSINESS, request, facts), { maxProxiesPerCloud: 2 });
  return {
    body: Object.fromEntries(body.entries()),
    rows: request.rows.map((row) => Object.fromEntries(row.complaints.entries())),
  };
}

describe('applyRules', () => {
  it('lets a new host with a login pass', () => {
    expect(check({})).toEqual({ body: {}, rows: [{}] });
  });

  it('tells of a busy host nothing but that', () => {
    const hosts = { 1: aKnownHost({ isBusy: true }) };
    const busy = [{ inner_ip: [RULE_TEXTS.busy] }];
    expect(check({ hosts, rows: [{}] }).rows).toEqual(busy);
    expect(check({ hosts, rows: [{}], opType: 'REMOVE', nodeType: null }).rows).toEqual(busy);
    expect(check({ hosts, rows: [LOGIN], opType: 'UPDATE_AUTHINFO' }).rows).toEqual([{}]);
  });

  it('names the cloud for the request and for each row', () => {
    const wrong = { bk_cloud_id: [RULE_TEXTS.agentOutsideDirectCloud] };
    expect(check({ cloudId: 3, rows: [LOGIN, LOGIN] })).toEqual({ body: wrong, rows: [wrong, wrong] });
    expect(check({ cloudId: 3, doesCloudExist: false }).body).toEqual({ bk_cloud_id: [RULE_TEXTS.cloudUnknown] });
  });

  it.each(['PAGENT', 'PROXY'] as const)('keeps %s out of cloud 0', (nodeType) => {
    expect(check({ nodeType, rows: [{ ...LOGIN, outerIp: '20.0.0.1' }] }).body).toHaveProperty('bk_cloud_id');
  });

  describe('on credentials', () => {
    const hosts = { 1: aKnownHost() };

    it('asks INSTALL for account and secret, and complains once of a wrong one', () => {
      const rows = [{}, { account: 'root', authType: 'KEY' as const }];
      const required = [FIELD_TEXTS.required];
      expect(check({ rows }).rows).toEqual([{ account: required, password: required }, { key: required }]);
    });

    it('lets REINSTALL and a retry go with what is stored', () => {
      expect(check({ opType: 'REINSTALL', hosts, rows: [{}] }).rows).toEqual([{}]);
      const failed = { 1: aKnownHost({ isInstalled: false }) };
      expect(check({ originJobId: 7, hosts: failed, rows: [{}] }).rows).toEqual([{}]);
    });

    it('says when it is not stored any more, or of the other kind', () => {
      const gone = { 1: aKnownHost({ storedKind: null }) };
      const expired = { password: [RULE_TEXTS.credentialExpired] };
      expect(check({ opType: 'REINSTALL', hosts: gone, rows: [{}] }).rows).toEqual([expired]);
      expect(check({ originJobId: 7, rows: [{}] }).rows).toEqual([expired]);
      expect(check({ opType: 'UPGRADE', hosts, rows: [{ authType: 'KEY' }] }).rows).toEqual([
        { key: [RULE_TEXTS.credentialExpired] },
      ]);
    });

    it('asks PRECHECK like INSTALL where nothing is known, else lets it go with what is stored', () => {
      const required = [FIELD_TEXTS.required];
      expect(check({ opType: 'PRECHECK', rows: [{}] }).rows).toEqual([{ account: required, password: required }]);
      expect(check({ opType: 'PRECHECK', hosts, rows: [{}] }).rows).toEqual([{}]);
      const gone = { 1: aKnownHost({ storedKind: null, isCandidate: true, isInstalled: false }) };
      const expired = [{ password: [RULE_TEXTS.credentialExpired] }];
      expect(check({ opType: 'PRECHECK', hosts: gone, rows: [{}] }).rows).toEqual(expired);
      expect(check({ opType: 'PRECHECK', originJobId: 7, rows: [{}] }).rows).toEqual(expired);
    });

    it('asks nothing of UNINSTALL and REMOVE', () => {
      const gone = { 1: aKnownHost({ storedKind: null }) };
      expect(check({ opType: 'UNINSTALL', hosts: gone, rows: [{ authType: 'KEY' }] }).rows).toEqual([{}]);
      expect(check({ opType: 'REMOVE', hosts: gone, rows: [{}], nodeType: null }).rows).toEqual([{}]);
    });
  });

  describe('on candidates', () => {
    const hosts = { 1: aKnownHost({ isCandidate: true, isInstalled: false }) };

    it.each(['UNINSTALL', 'REINSTALL', 'UPGRADE'] as const)('says to %s that nothing is installed there', (opType) => {
      expect(check({ opType, hosts, rows: [{}] }).rows).toEqual([{ inner_ip: [RULE_TEXTS.notInstalled] }]);
    });

    it.each(['INSTALL', 'PRECHECK', 'UPDATE_AUTHINFO', 'REMOVE'] as const)('lets %s pass', (opType) => {
      expect(check({ opType, hosts }).rows).toEqual([{}]);
    });

    it('lets them become another type of node, unlike hosts that are managed', () => {
      const behind = { cloudId: 3, nodeType: 'PAGENT', proxies: [{ id: 9, isUsable: true, isStaying: true }] } as const;
      expect(check({ ...behind, opType: 'PRECHECK', hosts }).rows).toEqual([{}]);
      const managed = { 1: aKnownHost() };
      expect(check({ ...behind, opType: 'PRECHECK', hosts: managed }).rows).toEqual([
        { inner_ip: [RULE_TEXTS.otherNodeType('AGENT')] },
      ]);
    });

    it('counts them as proxies once they are installed, and not before', () => {
      const candidate = { 1: aKnownHost({ id: 9, nodeType: 'PROXY', isCandidate: true, isInstalled: false }) };
      const proxy = { id: 10, isUsable: true, isStaying: true };
      const full = { cloudId: 3, nodeType: 'PROXY', proxies: [proxy, { ...proxy, id: 11 }], hosts: candidate } as const;
      const rows = [{ ...LOGIN, outerIp: '20.0.0.1' }];
      expect(check({ ...full, rows }).rows).toEqual([{ inner_ip: [RULE_TEXTS.tooManyProxies(2)] }]);
      expect(check({ ...full, opType: 'PRECHECK', rows }).rows).toEqual([{}]);
      const leave = { opType: 'REMOVE', nodeType: null, cloudId: 3, hasPagents: true, rows: [{}] } as const;
      expect(check({ ...leave, hosts: candidate }).rows).toEqual([{}]);
    });
  });

  describe('on proxies', () => {
    const usable = { id: 9, isUsable: true, isStaying: true };
    const outside = { cloudId: 3, nodeType: 'PROXY' as const };
    const row = { ...LOGIN, outerIp: '20.0.0.1' };

    it('counts those that are there', () => {
      const tooMany = { inner_ip: [RULE_TEXTS.tooManyProxies(2)] };
      expect(check({ ...outside, rows: [row, row, row] }).rows.map((one) => 'inner_ip' in one)).toEqual([
        false,
        false,
        true,
      ]);
      expect(JSON.stringify(check({ ...outside, proxies: [usable], rows: [row, row] }).rows)).toBe(
        JSON.stringify([{}, tooMany]),
      );
    });

    it('does not count one that is installed again after it failed', () => {
      const hosts = { 1: aKnownHost({ id: 9, nodeType: 'PROXY', isInstalled: false }) };
      const proxies = [usable, { ...usable, id: 10 }];
      expect(check({ ...outside, hosts, proxies, rows: [row] }).rows).toEqual([{}]);
    });

    it('lets the last one go only when nobody is behind it', () => {
      const hosts = { 1: aKnownHost({ id: 9, nodeType: 'PROXY' }) };
      const leave = { opType: 'REMOVE', nodeType: null, cloudId: 3, hosts, rows: [{}] } as const;
      const refused = [{ inner_ip: [RULE_TEXTS.lastProxy] }];
      expect(check({ ...leave, proxies: [usable], rows: [{}] }).rows).toEqual([{}]);
      expect(check({ ...leave, proxies: [usable], hasPagents: true, rows: [{}] }).rows).toEqual(refused);
      const other = { id: 10, isUsable: false, isStaying: true };
      expect(check({ ...leave, proxies: [usable, other], hasPagents: true, rows: [{}] }).rows).toEqual([{}]);
      const leaving = { ...other, isStaying: false };
      expect(check({ ...leave, proxies: [usable, leaving], hasPagents: true, rows: [{}] }).rows).toEqual(refused);
    });
  });
});
