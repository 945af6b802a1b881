from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0017_move_import_runs")]

    operations = [migrations.DeleteModel(name="ImportRun")]
