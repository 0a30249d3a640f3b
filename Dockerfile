FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY monitor ./monitor
RUN python -m venv /opt/monitor && /opt/monitor/bin/pip install --no-cache-dir ".[postgres]"

FROM python:3.13-slim
# a fixed number, so that the owner of a mounted volume can be set from outside
RUN groupadd --gid 10001 monitor \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/monitor monitor \
 && install -d -m 0700 -o monitor -g monitor /var/lib/monitor
COPY --from=build /opt/monitor /opt/monitor
COPY --chown=root:root monitor.yaml /etc/monitor/
COPY --chown=root:root rules /etc/monitor/rules
COPY --chown=root:root seeds /etc/monitor/seeds
# whoever builds this may keep his files to himself
RUN chmod -R a+rX /etc/monitor
ENV PATH=/opt/monitor/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MONITOR_CONFIG=/etc/monitor/monitor.yaml \
    MONITOR_STORE=sqlite:////var/lib/monitor/monitor.db
USER 10001
WORKDIR /etc/monitor
VOLUME /var/lib/monitor
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 CMD ["monitor", "status", "--quiet"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["monitor"]
CMD ["run"]
