package dev.sluice.spi;

import java.util.Optional;

/** Refuses requests before they are placed. */
public non-sealed interface Admission extends Part {
    /** Empty to admit; else the reason, shown to operators and never to tenants. */
    Optional<String> refuse(Request request, Candidates candidates);
}
