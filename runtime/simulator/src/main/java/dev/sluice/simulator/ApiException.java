package dev.sluice.simulator;

/** A request that vLLM refuses, with the fields of its error object; {@code param} is empty where vLLM says null. */
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String type;
    private final String param;

    private ApiException(int status, String type, String message, String param) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.param = param;
    }

    int status() {
        return status;
    }

    String type() {
        return type;
    }

    String param() {
        return param;
    }

    String text() {
        return String.valueOf(getMessage());
    }

    /** A value that makes no sense. */
    static ApiException bad(String message, String param) {
        return new ApiException(400, "BadRequestError", message, param);
    }

    /** As {@link #bad}, with the suffix that vLLM adds when it knows parameter and value. */
    static ApiException value(String message, String param, Object value) {
        return bad(message + " (parameter=" + param + ", value=" + value + ")", param);
    }

    /** A violated schema: one error in pydantic's words. */
    static ApiException schema(String kind, String location, String message, String input) {
        return schemaText(
                "{'type': '" + kind + "', 'loc': '" + location + "', 'msg': '" + message + "', 'input': " + input + "}",
                location);
    }

    static ApiException schemaText(String error, String param) {
        return new ApiException(400, "Bad Request", "1 validation error:\n  " + error, param);
    }

    static ApiException notFound(String message, String type, String param) {
        return new ApiException(404, type, message, param);
    }

    static ApiException invalidInput(String message) {
        return new ApiException(400, "InvalidUserInput", message, "");
    }

    static ApiException scaleOutDisabled() {
        return new ApiException(
                403,
                "PermissionDeniedError",
                "Scale-out endpoints are disabled. Restart vllm serve with --enable-scale-out to enable them.",
                "");
    }

    static ApiException busy() {
        return new ApiException(
                503,
                "Service Unavailable",
                "The engine is currently busy and cannot accept new requests. Please try again later or on a different"
                        + " instance.",
                "");
    }

    static ApiException engineDead() {
        return new ApiException(
                500,
                "InternalServerError",
                "EngineCore encountered an issue. See stack trace (above) for the root cause.",
                "");
    }

    /** The generation failed, the engine lives. */
    static ApiException internal() {
        return new ApiException(500, "InternalServerError", "Internal server error", "");
    }

    static ApiException injected(int status, String type, String message) {
        return new ApiException(status, type, message, "");
    }
}
