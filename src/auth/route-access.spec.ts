import { PermissionDeniedError } from '../common/errors/app-error.js';
import { Caller } from './caller.js';
import { BusinessNotFoundError, checkAccess, defaultRole, type PathBusiness } from './route-access.js';
import type { BusinessRole } from './user-role.entity.js';

const admin = new Caller(1, 'admin', true);
const user = new Caller(
  2,
  'li.lei',
  false,
  new Map<number, BusinessRole>([
    [10, 'operator'],
    [2, 'viewer'],
  ]),
);
const viewing = { isAdminOnly: false, role: 'viewer' } as const;
const operating = { isAdminOnly: false, role: 'operator' } as const;
const administrating = { isAdminOnly: true, role: 'operator' } as const;
const business = (id: number): PathBusiness => ({ id, exists: true });
const missing: PathBusiness = { id: 99, exists: false };
const malformed: PathBusiness = { id: null, exists: false };

describe('Caller', () => {
  it('has a role in each of its businesses and none elsewhere', () => {
    expect([user.roleIn(10), user.roleIn(2), user.roleIn(3)]).toEqual(['operator', 'viewer', null]);
    expect(user.visibleBusinessIds()).toEqual([2, 10]);
  });

  it('is an administrator everywhere, or nowhere', () => {
    expect(admin.roleIn(12345)).toBe('admin');
    expect(admin.visibleBusinessIds()).toBe('all');
    expect(user.may('viewer', 3)).toBe(false);
  });
});

describe('defaultRole', () => {
  it.each([
    ['GET', 'viewer'],
    ['HEAD', 'viewer'],
    ['POST', 'operator'],
    ['PUT', 'operator'],
    ['PATCH', 'operator'],
    ['DELETE', 'operator'],
  ])('of %s is %s', (method, role) => {
    expect(defaultRole(method)).toBe(role);
  });
});

describe('checkAccess', () => {
  it.each([
    ['an administrator anywhere', admin, operating, business(3)],
    ['an operator who changes', user, operating, business(10)],
    ['an operator who looks', user, viewing, business(10)],
    ['a viewer who looks', user, viewing, business(2)],
    ['anybody where there is no business', user, operating, null],
    ['an administrator on an administrators route', admin, administrating, null],
  ])('lets %s through', (_who, caller, needs, where) => {
    expect(() => checkAccess(caller, needs, where)).not.toThrow();
  });

  it.each([
    ['a viewer who changes', operating, business(2)],
    ['a stranger who looks', viewing, business(3)],
    ['a stranger to a business that does not exist', viewing, missing],
    ['a user with a malformed id', viewing, malformed],
    ['a user on an administrators route', administrating, null],
    ['an operator on an administrators route of the own business', administrating, business(10)],
  ])('denies %s', (_who, needs, where) => {
    expect(() => checkAccess(user, needs, where)).toThrow(PermissionDeniedError);
  });

  it.each([missing, malformed])('tells an administrator that there is no business %p', (where) => {
    expect(() => checkAccess(admin, viewing, where)).toThrow(BusinessNotFoundError);
    expect(() => checkAccess(admin, administrating, where)).toThrow(BusinessNotFoundError);
  });
});
