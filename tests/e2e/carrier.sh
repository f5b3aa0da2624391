# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For scripts that need a proxy that hands on what comes in: nginx as the product.

# carrier_conf ADDRESS...: $work/nginx.conf, to listen there; needs $work.
carrier_conf()
{
	cat > "$work/nginx.conf" <<-END
	daemon off; master_process off; error_log /dev/null; pid $work/nginx.pid;
	events { worker_connections 64; }
	http {
	access_log off; client_max_body_size 10m;
	client_body_temp_path $work; proxy_temp_path $work; fastcgi_temp_path $work;
	uwsgi_temp_path $work; scgi_temp_path $work;
	server { $(printf 'listen %s; ' "$@") location / { proxy_pass http://\$http_host; } }
	}
	END
}
