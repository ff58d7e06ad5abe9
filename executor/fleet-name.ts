/**
 * Names of fleets. They stand in keys of Redis, in the name of the queue of a fleet and in addresses: with nothing in them that separates
 * there, the keys and the queue of one fleet are never those of another.
 */
export const fleetNamePattern = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;
export const fleetNameExpected = 'lower-case letters, digits, dots and dashes';
