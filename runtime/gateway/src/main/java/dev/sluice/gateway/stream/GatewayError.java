package dev.sluice.gateway.stream;

/** Our own errors: status, type and code as the client sees them. */
public enum GatewayError {
    INVALID_REQUEST(400, "invalid_request_error", "invalid_request", "invalid_request_error"),
    INVALID_API_KEY(401, "authentication_error", "invalid_api_key", "authentication_error"),
    ROUTE_NOT_ALLOWED(403, "permission_error", "route_not_allowed", "permission_error"),
    HEADER_NOT_ALLOWED(403, "permission_error", "header_not_allowed", "permission_error"),
    MODEL_NOT_FOUND(404, "invalid_request_error", "model_not_found", "not_found_error"),
    NOT_FOUND(404, "invalid_request_error", "not_found", "not_found_error"),
    METHOD_NOT_ALLOWED(405, "invalid_request_error", "method_not_allowed", "invalid_request_error"),
    REQUEST_TIMEOUT(408, "invalid_request_error", "request_timeout", "invalid_request_error"),
    REQUEST_TOO_LARGE(413, "invalid_request_error", "request_too_large", "request_too_large"),
    UNSUPPORTED_ENCODING(415, "invalid_request_error", "unsupported_encoding", "invalid_request_error"),
    RATE_LIMIT_EXCEEDED(429, "rate_limit_error", "rate_limit_exceeded", "rate_limit_error"),
    QUOTA_EXCEEDED(429, "rate_limit_error", "quota_exceeded", "rate_limit_error"),
    HEADERS_TOO_LARGE(431, "invalid_request_error", "headers_too_large", "invalid_request_error"),
    INTERNAL(500, "api_error", "internal_error", "api_error"),
    UPSTREAM_ERROR(502, "api_error", "upstream_error", "api_error"),
    UPSTREAM_CUT(502, "api_error", "upstream_cut", "api_error"),
    OVERLOADED(503, "overloaded_error", "overloaded", "overloaded_error"),
    EVICTED(503, "overloaded_error", "evicted", "overloaded_error"),
    NO_ENDPOINT(503, "overloaded_error", "no_endpoint", "overloaded_error"),
    STARTING(503, "overloaded_error", "starting", "overloaded_error"),
    DRAINING(503, "overloaded_error", "draining", "overloaded_error"),
    UPSTREAM_TIMEOUT(504, "api_error", "upstream_timeout", "timeout_error");

    private final int status;
    private final String type;
    private final String code;
    private final String anthropicType;

    GatewayError(int status, String type, String code, String anthropicType) {
        this.status = status;
        this.type = type;
        this.code = code;
        this.anthropicType = anthropicType;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** {@code error.type} in OpenAI's shape. */
    public String type() {
        return type;
    }

    /** {@code error.code} in OpenAI's shape; also the {@code reason} label of metrics. */
    public String code() {
        return code;
    }

    /** {@code error.type} in Anthropic's shape. */
    public String anthropicType() {
        return anthropicType;
    }
}
