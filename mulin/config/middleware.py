import logging


class RequestIdFilter(logging.Filter):
    def filter(self, record):
        record.request_id = "-"
        return True


def request_id(get_response):
    return get_response


county_and_actor = refusals = request_id
