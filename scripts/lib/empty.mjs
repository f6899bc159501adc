// Stands in for `server-only`, which throws outside of Next: a bundle for plain Node is on the server by definition.
export {};
