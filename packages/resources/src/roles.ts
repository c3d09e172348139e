/** The characters that Mesos forbids in roles: white space and DEL. */
const invalidCharacters = /[\t\n\v\f\r \x7f]/;

/**
 * Returns why a text is not a role, in Mesos's words; undefined when it is one. `*`, the default role, is valid.
 *
 * @see Mesos src/common/roles.cpp, validate
 */
export function roleProblem(role: string): string | undefined {
  if (role === '*') return undefined;
  if (role === '') return 'Role names cannot be the empty string';
  if (role.startsWith('/')) return `Role '${role}' cannot start with a slash`;
  if (role.endsWith('/')) return `Role '${role}' cannot end with a slash`;
  if (role.includes('//')) return `Role '${role}' cannot contain two adjacent slashes`;
  for (const component of role.split('/')) {
    if (component === '.' || component === '..' || component === '*') {
      return `Role '${role}' cannot include '${component}' as a component`;
    }
    if (component.startsWith('-')) {
      return `Role component '${component}' is invalid because it starts with a dash`;
    }
    if (invalidCharacters.test(component)) {
      return `Role component '${component}' is invalid because it contains backspace or whitespace`;
    }
  }
  return undefined;
}

/** Tells whether `role` is below `ancestor` in the tree: `a/b` is below `a`, not below `a/b` or `ab`. */
export function isStrictSubrole(role: string, ancestor: string): boolean {
  return role.length > ancestor.length && role[ancestor.length] === '/' && role.startsWith(ancestor);
}

/** Returns the ancestors of a role, from its parent to the top: `a/b/c` has `a/b` and `a`. */
export function ancestorRoles(role: string): string[] {
  const ancestors: string[] = [];
  for (let i = role.lastIndexOf('/'); i > 0; i = role.lastIndexOf('/', i - 1)) ancestors.push(role.slice(0, i));
  return ancestors;
}

/** Returns the first component of a role: `a` for `a/b/c` and for `a`. */
export function topLevelRole(role: string): string {
  const slash = role.indexOf('/');
  return slash < 0 ? role : role.slice(0, slash);
}
