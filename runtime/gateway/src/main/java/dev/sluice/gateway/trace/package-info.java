/**
 * Traces: what happened to a request, told to an OTLP collector. An exchange notes times and numbers as it goes; spans are made of
 * them after it has ended, by a thread of this package. {@link OtlpExport} alone knows OpenTelemetry's library, and is loaded when
 * the configuration has {@code traces:}.
 */
@NullMarked
package dev.sluice.gateway.trace;

import org.jspecify.annotations.NullMarked;
