import { isIP } from 'node:net';

/**
 * An IP address as limits count it: IPv4 whole, IPv6 by its first 64 bits, because a single customer has all of the
 * other 64. An IPv4 address in IPv6 clothes is the IPv4 address. What is no address is cut to a bounded length.
 */
export function countedAddress(ip: string): string {
  const version = isIP(ip);
  if (version === 4) return ip;
  if (version === 0) return ip.slice(0, 64);
  const groups = expand(ip.toLowerCase().split('%', 1)[0] ?? '');
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return [groups[6], groups[7]].flatMap((group = 0) => [group >> 8, group & 255]).join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight groups of an IPv6 address. */
function expand(ip: string): number[] {
  const [head = '', tail] = ip.split('::', 2);
  const before = groupsOf(head);
  if (tail === undefined) return before;
  const after = groupsOf(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function groupsOf(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}
