package dev.sluice.gateway.stream;

/**
 * What a whole answer says about itself.
 *
 * @param json whether the body is one JSON value and nothing else; when not, the other values are unknown
 * @param aborted the engine gave the answer up (any choice): a cut, whatever the status
 * @param error the body is an error object
 * @param id the answer's own id, empty when it has none
 * @param usage what it cost
 */
public record Answer(boolean json, boolean aborted, boolean error, String id, Usage usage) {}
