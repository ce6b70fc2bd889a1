package dev.sluice.spi;

import java.util.List;

/** What the profiles of a decision did so far. Valid during the call only. */
public interface Stages {
    /** Names of all profiles, in the order of the configuration. */
    List<String> profiles();

    /** Names of those that ran, in order. */
    List<String> done();

    /** What a profile that ran was left with after its filters; empty when it left none. */
    Candidates candidates(String profile);

    /** Index of what it picked among {@link #candidates}; -1 when it left none. */
    int picked(String profile);
}
