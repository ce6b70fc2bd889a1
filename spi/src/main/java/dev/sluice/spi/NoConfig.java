package dev.sluice.spi;

/** The configuration of a type that has no parameters. */
public record NoConfig() {}
